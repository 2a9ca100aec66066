import os
import re
import shutil
import stat
from pathlib import Path

import pytest

from stagecraft.errors import ConfigError
from stagecraft.runtime.git import Git, Revision, Version
from tests.runtime.doors import ENVIRONMENT, PATH, Door
from tests.runtime.repositories import asked, commit, git, listing, repository, version

DIRTY = re.compile(r"[0-9a-f]{12}-dirty\.[0-9a-f]{8}")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return repository(tmp_path / "shop")


def refused(
    folder: Path, explicit: str | None = None, *, require_clean: bool = False
) -> tuple[str, str, int]:
    with pytest.raises(ConfigError) as caught:
        asked(folder).resolve_version(explicit, require_clean=require_clean)
    return caught.value.message, caught.value.hint, caught.value.exit_code


class TestAClean:
    def test_tree_is_the_commit(self, shop: Path) -> None:
        head = git(shop, "rev-parse", "HEAD")
        assert Version(head[:12], head, dirty=False) == asked(shop).resolve_version(None)

    def test_tree_seen_from_a_subfolder_is_the_same(self, shop: Path) -> None:
        assert version(shop) == version(shop / "web")

    def test_tree_with_ignored_files_is_clean(self, shop: Path) -> None:
        (shop / "x.log").write_text("noise")
        assert not asked(shop).resolve_version(None).dirty

    def test_tree_whose_files_were_touched_is_clean(self, shop: Path) -> None:
        os.utime(shop / "README", (1, 1))
        assert not asked(shop).resolve_version(None).dirty

    def test_clone_has_the_same_version(self, shop: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", str(shop), "clone")
        assert version(shop) == version(tmp_path / "clone")

    def test_shallow_clone_has_the_same_version(self, shop: Path, tmp_path: Path) -> None:
        (shop / "more").touch()
        commit(shop, "second")
        git(tmp_path, "clone", "-q", "--depth=1", f"file://{shop}", "clone")
        assert version(shop) == version(tmp_path / "clone")

    def test_linked_worktree_has_the_same_version(self, shop: Path, tmp_path: Path) -> None:
        git(shop, "worktree", "add", "-q", str(tmp_path / "linked"), "--detach")
        assert version(shop) == version(tmp_path / "linked")
        (tmp_path / "linked" / "new").touch()
        assert DIRTY.fullmatch(version(tmp_path / "linked"))


class TestAChanged:
    @pytest.fixture
    def changed(self, shop: Path) -> Path:
        (shop / "README").write_text("changed\n")
        (shop / "new").write_text("new\n")
        return shop

    def test_tree_names_the_commit_and_its_own_hash(self, changed: Path) -> None:
        found = asked(changed).resolve_version(None)
        assert DIRTY.fullmatch(found.version)
        assert (found.version[:12], True) == ((found.commit or "")[:12], found.dirty)

    def test_tree_is_the_one_git_would_write(self, changed: Path) -> None:
        before = version(changed)
        git(changed, "add", "--all")
        assert git(changed, "write-tree")[:8] == before[-8:]

    @pytest.mark.proof
    def test_tree_has_one_version_in_a_hundred_runs(self, changed: Path) -> None:
        assert 1 == len({version(changed) for _ in range(100)})

    def test_tree_has_the_same_version_whatever_is_staged(self, changed: Path) -> None:
        before = version(changed)
        git(changed, "add", "README")
        assert before == version(changed)
        git(changed, "add", "--all")
        assert before == version(changed)

    @pytest.mark.parametrize("maintenance", [("status",), ("gc", "--quiet")])
    def test_tree_leaves_nothing_changed_in_git_not_even_a_time(
        self, changed: Path, maintenance: tuple[str]
    ) -> None:
        git(changed, *maintenance)
        os.utime(changed / "web" / "app.py", (1, 1))
        before = listing(changed)
        version(changed, changed / "new")
        asked(changed).last_commit([changed], [changed / "new"])
        assert before == listing(changed)

    def test_tree_leaves_nothing_changed_in_a_read_only_repository(
        self, changed: Path, tmp_path: Path
    ) -> None:
        git(tmp_path, "clone", "-q", str(changed), "copy")
        (tmp_path / "copy" / "README").write_text("changed\n")
        (tmp_path / "copy" / "new").write_text("new\n")
        for path in (tmp_path / "copy" / ".git").rglob("*"):
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            assert version(changed) == version(tmp_path / "copy")
        finally:
            for path in (tmp_path / "copy" / ".git").rglob("*"):
                path.chmod(0o755)

    @pytest.mark.parametrize(
        "change",
        [
            lambda shop: (shop / "new").write_text("x"),
            lambda shop: (shop / "README").unlink(),
            lambda shop: (shop / "README").rename(shop / "READ"),
            lambda shop: (shop / "README").chmod(0o755),
            lambda shop: (shop / "link").symlink_to("README"),
            lambda shop: (shop / ".gitignore").write_text(""),
        ],
    )
    def test_tree_is_noticed_however_it_changed(self, shop: Path, change: object) -> None:
        change(shop)  # type: ignore[operator]
        assert DIRTY.fullmatch(version(shop))

    def test_file_of_the_same_size_and_time_is_noticed_by_the_time_of_the_index(self, shop: Path) -> None:
        git(shop, "config", "core.trustctime", "false")
        tick = (1_600_000_000, 1_600_000_000)
        (shop / "README").write_text("one\n")
        os.utime(shop / "README", tick)
        commit(shop, "one")
        os.utime(shop / ".git" / "index", tick)
        (shop / "README").write_text("two\n")
        os.utime(shop / "README", tick)
        assert DIRTY.fullmatch(version(shop))

    def test_tree_is_refused_when_the_project_wants_a_clean_one(self, changed: Path) -> None:
        expected = (
            "the working tree is changed, and `require_clean` is set",
            "commit the changes, or set `require_clean: false`",
            2,
        )
        assert expected == refused(changed, require_clean=True)
        assert expected == refused(changed, "1.0", require_clean=True)

    def test_names_with_newlines_and_bytes_that_are_not_utf_8_count(self, shop: Path) -> None:
        seen = {version(shop)}
        for name in (b"new\nline", b"\xff\xfe", b'quo"te', b" ", b"-dash", b":(top)magic", "日本".encode()):
            (Path(os.fsdecode(os.fsencode(shop) + b"/" + name))).write_text("x")
            seen.add(version(shop))
        assert 8 == len(seen)

    def test_repository_in_a_folder_with_a_strange_name_is_read(self, tmp_path: Path) -> None:
        strange = repository(tmp_path / 'a:b "c"\nd\\e')
        (strange / "new").touch()
        assert DIRTY.fullmatch(version(strange))


class TestWhatIsLeftOut:
    def test_has_no_part_in_the_version(self, shop: Path) -> None:
        clean = version(shop)
        store, plan = shop / ".stagecraft", shop / "web" / "plan [1].json"
        (store / "prod").mkdir(parents=True)
        (store / "prod" / "000001.json").write_text("{}")
        plan.write_text("{}")
        assert clean == version(shop, store, plan)
        assert clean != version(shop, store)

    @pytest.mark.parametrize("where", [".gitignore", ".stagecraft/.gitignore"])
    def test_store_that_is_ignored_too_plays_no_part(self, shop: Path, where: str) -> None:
        (shop / ".stagecraft" / "prod").mkdir(parents=True)
        (shop / where).write_text("*.log\n.stagecraft/\n" if where == ".gitignore" else "*\n")
        before = commit(shop, "ignore the store") if where == ".gitignore" else git(shop, "rev-parse", "HEAD")
        (shop / ".stagecraft" / "prod" / "000001.json").write_text("{}")
        assert before[:12] == version(shop, shop / ".stagecraft")

    def test_has_no_part_even_if_it_was_staged(self, shop: Path) -> None:
        clean, plan = version(shop), shop / "plan.json"
        plan.write_text("{}")
        git(shop, "add", "plan.json")
        assert clean == version(shop, plan)

    def test_stays_as_it_was_committed(self, shop: Path) -> None:
        plan = shop / "plan.json"
        plan.write_text("{}")
        commit(shop, "a plan in Git")
        clean = version(shop)
        plan.write_text("{1}")
        assert clean == version(shop, plan)
        plan.unlink()
        assert clean == version(shop, plan)

    def test_may_be_outside_or_not_there(self, shop: Path, tmp_path: Path) -> None:
        assert version(shop) == version(shop, tmp_path / "store", shop / "none.json", shop, shop.parent)

    def test_is_found_through_a_linked_folder(self, shop: Path, tmp_path: Path) -> None:
        clean = version(shop)
        (tmp_path / "link").symlink_to(shop)
        (shop / "plan.json").write_text("{}")
        assert clean == version(tmp_path / "link", tmp_path / "link" / "plan.json")


class TestTheSurroundings:
    HOSTILE = (
        {"GIT_DIR": "/nonexistent"},
        {"GIT_INDEX_FILE": "/nonexistent/index"},
        {"GIT_WORK_TREE": "/"},
        {"GIT_OBJECT_DIRECTORY": "/nonexistent"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.autocrlf", "GIT_CONFIG_VALUE_0": "true"},
        {"GIT_LITERAL_PATHSPECS": "1"},
        {"GIT_CEILING_DIRECTORIES": "/"},
        {"LANG": "de_DE.UTF-8", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "ja"},
        {"LC_ALL": "C"},
        {"LC_ALL": "nonsense"},
        {"TZ": "Asia/Tokyo"},
        {"GIT_TRACE": "1", "GIT_TRACE2": "1"},
    )

    @pytest.mark.parametrize("ambient", HOSTILE)
    def test_have_no_part_in_the_version(self, shop: Path, ambient: dict[str, str]) -> None:
        (shop / "new").write_text("a\r\nb\n")
        plain = version(shop)
        hostile = asked(shop, {**ENVIRONMENT, **ambient}).resolve_version(None).version
        assert plain == hostile

    def test_have_no_part_through_a_users_settings(self, shop: Path, tmp_path: Path) -> None:
        (shop / "new.tmp").write_text("a\r\nb\n")
        (shop / ".gitattributes").write_text("*.tmp filter=upper\n")
        plain = version(shop)
        (tmp_path / ".config" / "git").mkdir(parents=True)
        (tmp_path / ".config" / "git" / "ignore").write_text("*.tmp\n")
        (tmp_path / ".config" / "git" / "attributes").write_text("* text eol=crlf\n")
        (tmp_path / ".gitconfig").write_text(
            '[core]\nautocrlf = input\n[filter "upper"]\nclean = tr a-z A-Z\n'
        )
        home = {**ENVIRONMENT, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
        assert plain == asked(shop, home).resolve_version(None).version

    def test_have_no_part_through_settings_of_this_clone(self, shop: Path) -> None:
        (shop / "new").write_text("a\r\nb\n")
        plain = version(shop)
        (shop / ".git" / "hook").write_text("#!/bin/sh\ntouch ran\n")
        (shop / ".git" / "hook").chmod(0o755)
        for key, value in {
            "core.autocrlf": "true",
            "core.fsmonitor": ".git/hook",
            "status.showUntrackedFiles": "no",
            "submodule.recurse": "true",
            "color.ui": "always",
        }.items():
            git(shop, "config", key, value)
        assert (plain, False) == (version(shop), (shop / "ran").exists())

    def test_include_the_repositorys_own_attributes(self, shop: Path) -> None:
        (shop / "new").write_bytes(b"a\r\n")
        before = version(shop)
        (shop / ".gitattributes").write_text("* text\n")
        one = version(shop)
        (shop / "new").write_bytes(b"a\n")
        assert (True, True) == (before != one, one == version(shop))

    def test_do_not_make_a_touched_file_with_windows_line_ends_look_changed(self, shop: Path) -> None:
        (shop / "crlf").write_bytes(b"a\r\n")
        commit(shop, "with windows line ends")
        (shop / ".gitattributes").write_text("* text=auto\n")
        commit(shop, "normalised from now on")
        os.utime(shop / "crlf", (1, 1))
        assert not asked(shop).resolve_version(None).dirty

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
    def test_may_be_a_checkout_that_belongs_to_somebody_else(self, shop: Path) -> None:
        plain = version(shop)
        for path in (shop, *shop.rglob("*")):
            os.chown(path, 12345, 12345)
        assert plain == version(shop)


class TestSubmodules:
    @pytest.fixture
    def outer(self, shop: Path, tmp_path: Path) -> Path:
        outer = repository(tmp_path / "outer")
        git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(shop), "sub")
        commit(outer, "a submodule")
        return outer

    def test_that_are_unchanged_are_clean(self, outer: Path) -> None:
        assert not asked(outer).resolve_version(None).dirty

    def test_that_moved_are_noticed(self, outer: Path) -> None:
        (outer / "sub" / "new").touch()
        commit(outer / "sub", "moved")
        assert DIRTY.fullmatch(version(outer))

    def test_with_uncommitted_changes_are_noticed_by_content(self, outer: Path) -> None:
        seen = set()
        for text in ("one", "two", "one"):
            (outer / "sub" / "new").write_text(text)
            seen.add(version(outer))
        assert (2, True) == (len(seen), all(map(DIRTY.fullmatch, seen)))

    def test_are_left_as_they_are(self, outer: Path) -> None:
        (outer / "sub" / "new").touch()
        before = listing(outer)
        version(outer)
        assert before == listing(outer)

    def test_that_were_not_fetched_are_clean(self, outer: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", str(outer), "bare-of-sub")
        assert version(outer) == version(tmp_path / "bare-of-sub")

    def test_that_are_just_repositories_in_a_folder_count_too(self, shop: Path) -> None:
        nested = repository(shop / "nested")
        one = version(shop)
        (nested / "new").touch()
        assert one != version(shop)

    def test_without_a_commit_are_an_error_with_a_way_out(self, shop: Path) -> None:
        (shop / "nested").mkdir()
        git(shop / "nested", "init", "-q")
        message, hint, code = refused(shop)
        assert ("Git cannot read the working tree", 2) == (message.partition(":")[0], code)
        assert "name the version with `--version`, or see what `git status` says" == hint


class TestWithoutAnAnswer:
    HINT = "name the version with `--version`, or put the project under Git"

    def test_no_repository_is_an_error(self, tmp_path: Path) -> None:
        assert ("no version: there is no Git working tree here, or no Git", self.HINT, 2) == refused(tmp_path)

    def test_no_git_is_an_error(self, shop: Path) -> None:
        with pytest.raises(ConfigError, match="no version"):
            asked(shop, {"PATH": "/nonexistent"}).resolve_version(None)

    def test_no_commit_is_an_error(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q")
        expected = (
            "the Git repository has no commit yet",
            "commit something, or name the version with `--version`",
            2,
        )
        assert expected == refused(tmp_path)

    def test_a_bare_repository_is_an_error(self, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q", "--bare")
        assert self.HINT == refused(tmp_path)[1]


class TestAnExplicit:
    def test_version_is_taken_as_it_is(self, shop: Path) -> None:
        head = git(shop, "rev-parse", "HEAD")
        assert Version("v1.2", head, dirty=None) == asked(shop).resolve_version("v1.2")

    def test_version_needs_no_git(self, tmp_path: Path) -> None:
        assert Version("v1.2", None, dirty=None) == asked(tmp_path).resolve_version("v1.2")
        assert Version("v1", None, None) == asked(tmp_path, {"PATH": "/nonexistent"}).resolve_version("v1")

    def test_version_still_needs_git_to_show_that_the_tree_is_clean(self, tmp_path: Path) -> None:
        assert 2 == refused(tmp_path, "v1", require_clean=True)[2]

    @pytest.mark.parametrize(
        "text", ["", ".a", "-a", "a b", "a/b", "a:b", "ä", "a\n", "x" * 129, "a+b", "$(x)"]
    )
    def test_version_has_to_be_the_tag_of_an_image(self, shop: Path, text: str) -> None:
        assert f"{text!r} cannot be a version" == refused(shop, text)[0]


class TestLastCommit:
    def test_is_the_last_one_that_touched_the_paths(self, shop: Path) -> None:
        first = git(shop, "rev-parse", "HEAD")
        (shop / "README").write_text("second\n")
        second = commit(shop, "second")
        assert Revision(first, dirty=False) == asked(shop).last_commit([shop / "web"])
        assert Revision(second, dirty=False) == asked(shop).last_commit([shop / "web", shop / "README"])
        assert Revision(first, dirty=False) == asked(shop).last_commit([shop / ".gitignore"])

    def test_of_the_whole_repository_is_its_last(self, shop: Path) -> None:
        (shop / "README").write_text("second\n")
        second = commit(shop, "second")
        assert Revision(second, dirty=False) == asked(shop / "web").last_commit([shop])
        assert Revision(second, dirty=False) == asked(shop).last_commit([shop, shop / "web"], [shop / "web"])

    def test_says_whether_the_paths_are_changed_now(self, shop: Path) -> None:
        (shop / "web" / "new").touch()
        assert asked(shop).last_commit([shop / "web"]).dirty
        assert not asked(shop).last_commit([shop / "README"]).dirty
        assert not asked(shop).last_commit([shop], [shop / "web" / "new"]).dirty

    def test_takes_names_as_they_are(self, shop: Path) -> None:
        (shop / "*").mkdir()
        (shop / "*" / "x").touch()
        starred = commit(shop, "starred")
        (shop / "web" / "new").touch()
        commit(shop, "web")
        assert starred == asked(shop).last_commit([shop / "*"]).commit

    def test_is_unknown_where_a_shallow_clone_is_cut(self, shop: Path, tmp_path: Path) -> None:
        (shop / "README").write_text("second\n")
        commit(shop, "second")
        (shop / "README").write_text("third\n")
        third = commit(shop, "third")
        git(tmp_path, "clone", "-q", "--depth=2", f"file://{shop}", "clone")
        clone = tmp_path / "clone"
        assert third == asked(clone).last_commit([clone / "README"]).commit
        assert asked(clone).last_commit([clone / "web"]).commit is None

    def test_is_unknown_without_history(self, tmp_path: Path, shop: Path) -> None:
        assert Revision(None, dirty=False) == asked(tmp_path).last_commit([tmp_path])
        assert Revision(None, dirty=False) == asked(shop).last_commit([shop / "web", tmp_path / "elsewhere"])
        assert asked(shop).last_commit([shop / "none"]).commit is None


class TestTheRemote:
    @pytest.mark.parametrize(
        ("remote", "expected"),
        [
            ("https://user:c4nary@Git.Example.com/org/shop.git?token=c4nary#c4nary", "https://git.example.com/org/shop"),
            ("https://c4nary@git.example.com:8443/org/shop/", "https://git.example.com:8443/org/shop"),
            ("http://git.example.com/shop.git", "https://git.example.com/shop"),
            ("git@git.example.com:org/shop.git", "https://git.example.com/org/shop"),
            ("git.example.com:org/shop", "https://git.example.com/org/shop"),
            ("ssh://git@git.example.com:2222/org/shop.git", "https://git.example.com/org/shop"),
            ("git://git.example.com/shop", "https://git.example.com/shop"),
            ("/srv/git/shop.git", None),
            ("../shop", None),
            ("file:///srv/git/shop", None),
            ("./odd:name", None),
            ("https://", None),
            ("https://[broken/x", None),
            ("https://h:99999/x", None),
            ("ext::sh -c evil", None),
        ],
    )  # fmt: skip
    def test_is_shown_without_anything_personal(self, shop: Path, remote: str, expected: str | None) -> None:
        git(shop, "config", "remote.origin.url", remote)
        assert expected == asked(shop).remote_source()

    def test_may_be_missing(self, shop: Path, tmp_path: Path) -> None:
        assert asked(shop).remote_source() is None
        assert asked(tmp_path).remote_source() is None


def test_the_command_lines_are_short_enough_to_read(shop: Path) -> None:
    door = Door()
    Git(door.processes, ENVIRONMENT, shop).resolve_version(None)
    assert "git rev-parse --show-toplevel" == door.commands[0]
    assert max(map(len, door.commands)) < 120


def test_git_is_found_in_the_given_path(shop: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/used'\nexec '{shutil.which('git')}' \"$@\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    asked(shop, {"PATH": f"{program.parent}:{PATH}"}).resolve_version(None)
    assert (tmp_path / "used").exists()
