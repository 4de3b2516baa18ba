-- The same query over and over, with another value of its variable each time.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local before, after = os.getenv("BODY_BEFORE"), os.getenv("BODY_AFTER")
local format, most = os.getenv("VALUE_FORMAT"), tonumber(os.getenv("VALUE_MOST"))
math.randomseed(1)

request = function()
  return wrk.format(nil, nil, nil, before .. string.format(format, math.random(0, most)) .. after)
end

-- The first answer that is no data ends the measurement: errors are fast.
response = function(status, _, body)
  if status ~= 200 or body:find('"errors"', 1, true) then
    io.stderr:write(body:sub(1, 300) .. "\n")
    os.exit(1)
  end
end
