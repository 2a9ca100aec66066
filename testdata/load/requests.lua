-- Every other request of wrk is a POST with a body; the others are a GET.
local number = 0
local get, post

function init(arguments)
  get = wrk.format("GET")
  post = wrk.format("POST", nil, nil, string.rep("x", 400))
end

function request()
  number = number + 1
  return number % 2 == 0 and post or get
end
