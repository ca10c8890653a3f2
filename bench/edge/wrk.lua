-- The harness's wrk.lua (XSELL_EDGE_WRK), whose 64 requests get a cookie of
-- our shop each.

dofile(os.getenv("XSELL_EDGE_WRK"))

local shared = init

init = function(args)
    local format, next_cookie = wrk.format, io.lines(os.getenv("XSELL_EDGE_COOKIES"))

    wrk.format = function(...)
        wrk.headers["Cookie"] = wrk.headers["Cookie"] .. "; xs_bench=" .. next_cookie()
        return format(...)
    end

    shared(args)
    wrk.format = format
end
