"""What protects the person at the browser: headers on every page, and no buttons pressed from elsewhere."""

from flask import Response, abort, request

from .environment import environment

# The pages show buyers' names and move orders; a stranger's page must not reach them by DNS rebinding.
TRUSTED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

LARGEST_REQUEST = 64 * 1024  # bytes; an order is about one


def own_pages_only() -> None:
    """Refuse (403) a change that a page of another site asks for. Clients that are no browsers say nothing."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    own_origin = request.host_url.rstrip("/")
    if site not in ("same-origin", "none") if site else origin not in (None, own_origin):
        abort(403)


def add_headers(response: Response) -> Response:
    """Nothing from elsewhere, nowhere else to send forms, nothing kept; styles and pictures may be."""
    if response.mimetype == "text/xml":
        return response  # the CGIs' answers have no such headers
    policy = {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        # Chrome and Safari apply this to the redirect after a POST, so the buyer needs the shop in it.
        "form-action": " ".join(["'self'", *environment().merchant.origins]),
    }
    # Only the inspector follows what happens by a script of our own.
    if request.blueprint == "inspector":
        policy |= {"script-src": "'self'", "connect-src": "'self'"}
    response.headers["Content-Security-Policy"] = "; ".join(f"{key} {value}" for key, value in policy.items())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
