-- Every other request of wrk is a POST with a body; the others are a GET. The first argument is how many
-- milliseconds a connection rests after an answer at most; without one it does not rest.
local number = 0
local get, post, rest

function init(arguments)
  get = wrk.format("GET")
  post = wrk.format("POST", nil, nil, string.rep("x", 400))
  rest = tonumber(arguments[1] or "0")
end

function request()
  number = number + 1
  return number % 2 == 0 and post or get
end

function delay()
  return math.random(0, rest)
end
