-- load.lua - for wrk: send requests, the one after the other, and say what came.
--
--	wrk ... -s load.lua URL -- METHOD [NAME VALUE]... [@FILE]
--
-- FILE has a line for each request: words to put for %1, %2 and %3 in the path
-- and in the headers. A header named "body" is the body. With a method of lower
-- case, each line is used once and the run ends with the last.

local requests, at, once = {}, 0, false

local function fill(text, words)
	return (text:gsub("%%(%d)", function(n) return words[tonumber(n)] end))
end

local function build(method, path, fields, words)
	local headers, body = {}, nil
	for name, value in pairs(fields) do
		if name == "body" then
			body = fill(value, words)
		else
			headers[name] = fill(value, words)
		end
	end
	return wrk.format(method, fill(path, words), headers, body)
end

function init(args)
	local method, fields, file = args[1], {}, nil
	local i = 2
	while args[i] do
		if args[i]:sub(1, 1) == "@" then
			file = args[i]:sub(2)
			i = i + 1
		else
			fields[args[i]] = args[i + 1]
			i = i + 2
		end
	end
	once = method == method:lower()
	method = method:upper()
	if not file then
		requests[1] = build(method, wrk.path, fields, {})
		return
	end
	for line in io.lines(file) do
		local words = {}
		for word in line:gmatch("%S+") do
			table.insert(words, word)
		end
		table.insert(requests, build(method, wrk.path, fields, words))
	end
end

function request()
	at = at + 1
	if at > #requests then
		if once then
			wrk.thread:stop()
		end
		at = 1
	end
	return requests[at]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format("result %d %d %d %d %d\n", summary.requests,
	    summary.duration, latency:percentile(50), latency:percentile(99),
	    e.connect + e.read + e.write + e.status + e.timeout))
end
