"""An ingestion server of the OpsMantik contract 1.0, with Python's standard library and SQLite.

    ALLOWED_ORIGINS=https://shop.example SITES=0123456789abcdef0123456789abcdef:a-secret-of-24-characters python3 server.py

The numbers in the comments are sections of docs/contract.md. HTTP itself is in wire.py."""

import hashlib
import hmac
import ipaddress
import json
import math
import os
import re
import signal
import sqlite3
import sys
import threading
import time
import uuid
from pathlib import Path

import wire

CONTRACT = "1.0"
VERSION = "0.1.0"

V1, V2, SYNC = "/api/call-event", "/api/call-event/v2", "/api/sync"
POSTS = (V1, V2, SYNC)

BODY_MAX_BYTES = 65_536
TIMESTAMP_MAX_AGE_SECONDS = 300
TIMESTAMP_MAX_AHEAD_SECONDS = 60
MATCH_WINDOW_MS = 1_800_000
PRESS_MAX_AGE_MS = 8 * 86_400_000
PRESS_MAX_AHEAD_MS = 60_000
BATCH_MAX_EVENTS = 20
SECRET_MIN_LENGTH = 16
META_MAX_BYTES = 4_096
META_MAX_DEPTH = 16

SITE_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
TIMESTAMP = re.compile(r"[0-9]{9,12}")
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.I)
REQUEST_ID = re.compile(r"[\w.:=+/-]{1,128}", re.A)
NUMERIC = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
MONTH = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-01")
PROXY_HOST = re.compile(r"[a-z0-9.-]{1,128}")

# Section 7: status and sentence of each code.
REFUSALS = {
    "ORIGIN_NOT_ALLOWED": (403, "Origin not allowed"),
    "ORIGIN_REQUIRED": (403, "Origin header required"),
    "SIGNATURE_REQUIRED": (401, "Unauthorized"),
    "SIGNATURE_TIMESTAMP_INVALID": (401, "Unauthorized"),
    "SIGNATURE_INVALID": (401, "Unauthorized"),
    "SITE_MISMATCH": (401, "Unauthorized"),
    "BAD_REQUEST": (400, "The request is not complete or not HTTP"),
    "INVALID_JSON": (400, "The body is not valid JSON in UTF-8"),
    "INVALID_BODY": (400, "The body does not match the schema"),
    "INVALID_SITE_ID": (400, "Unknown site_id"),
    "NOT_FOUND": (404, "No such path"),
    "METHOD_NOT_ALLOWED": (405, "Method not allowed"),
    "REQUEST_TIMEOUT": (408, "The request took longer than 15 seconds to arrive"),
    "PAYLOAD_TOO_LARGE": (413, "The body is larger than 65536 bytes"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Send application/json or text/plain, without Content-Encoding"),
    "RATE_LIMITED": (429, "Rate limit exceeded"),
    "HEADERS_TOO_LARGE": (431, "The headers are larger than 16 KiB"),
    "INTERNAL": (500, "Something went wrong on our side"),
    "STORE_UNAVAILABLE": (503, "The event cannot be recorded right now"),
}

# Section 6: longest text of each field, and whether null may stand there.
CALL_TEXTS = {
    "site_id": (64, False), "fingerprint": (128, False), "intent_action": (32, False), "intent_target": (512, False),
    "intent_stamp": (128, False), "intent_page_url": (2048, False), "phone_number": (256, True), "action": (32, True),
    "url": (2048, True), "ua": (512, True), "click_id": (256, True), "gclid": (256, True), "wbraid": (256, True),
    "gbraid": (256, True),
}  # fmt: skip
# Section 10.
SYNC_TEXTS = {
    "s": (64, False), "u": (2048, False), "sid": (128, False), "ec": (64, False), "ea": (64, False), "el": (512, True),
    "r": (2048, True),
}  # fmt: skip

# Section 9: requests a minute.
LIMITS = {"address": 6_000, "coarse": 300, "sync": 500, "v1": 80, "v2": 150, "site": 6_000, "share": 1_500}
WINDOW_SECONDS = 60
WINDOWS_MAX = 50_000


class Refusal(Exception):
    """Ends a request with one of the contract's codes."""

    def __init__(self, code, extra=None, headers=None):
        super().__init__(code)
        self.code = code
        self.extra = extra or {}
        self.headers = headers or {}


def canonical(site_id):
    """Returns the 32 hex digits of a site's UUID or public id, which are the same here."""
    return site_id.replace("-", "").lower()


# --- Section 2: origins


def normalise_origin(text):
    """Lower-cases an origin and removes a default port and one trailing slash, so that texts can be compared whole."""
    text = text.lower().removesuffix("/")
    if text.startswith("https://"):
        return text.removesuffix(":443")
    return text.removesuffix(":80") if text.startswith("http://") else text


def parse_origins(text):
    origins = set()
    for entry in filter(None, (part.strip() for part in text.split(","))):
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]+)?/?", entry, re.I):
            raise SystemExit(f"ALLOWED_ORIGINS: {entry!r} is no origin such as https://shop.example")
        origins.add(normalise_origin(entry))
    return origins


# --- Section 9: limits


class Limiter:
    """Counts requests a minute in memory. Each response names every bucket that its request has counted for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.windows = {}

    def count(self, request, *buckets, weight=1):
        for kind, *key in buckets:
            with self.lock:
                now = time.monotonic()
                used, ends = self.windows.get((kind, *key), (0, 0.0))
                if ends <= now:
                    used, ends = 0, now + WINDOW_SECONDS
                used += weight
                self.windows.pop((kind, *key), None)
                self.windows[(kind, *key)] = (used, ends)
                if len(self.windows) > WINDOWS_MAX:
                    del self.windows[next(iter(self.windows))]
            resets = max(1, math.ceil(ends - now))
            request.counted.append((kind, LIMITS[kind], max(0, LIMITS[kind] - used), resets))
            if used > LIMITS[kind]:
                raise Refusal("RATE_LIMITED", {"retry_after": resets}, {"Retry-After": str(resets)})


def network(address):
    """Returns what an address counts as: itself, or an IPv6 address's /64, which is one customer of a provider."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


def limit_headers(counted):
    counted = sorted(counted, key=lambda bucket: bucket[2])
    return {
        "RateLimit-Policy": ", ".join(f'"{kind}";q={limit};w=60' for kind, limit, _, _ in counted),
        "RateLimit": ", ".join(f'"{kind}";r={left};t={resets}' for kind, _, left, resets in counted),
    }


# --- Sections 6 and 10: bodies


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def read_json(text):
    try:
        # A byte order mark counts for the signature and not for JSON.
        return json.loads(
            text.removeprefix("\ufeff"),
            parse_constant=refuse_constant,
            parse_int=lambda digits: int(digits) if len(digits) < 300 else float(digits),
        )
    except (ValueError, RecursionError):
        raise Refusal("INVALID_JSON") from None


def decode(body):
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("INVALID_JSON") from None
    if "\0" in text:
        raise Refusal("INVALID_JSON")
    return text


def is_storable(text):
    """Section 16: no U+0000 and no half of a surrogate pair, which databases refuse."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def text_problem(value, longest, shortest=0):
    if not isinstance(value, str):
        return "must be a string"
    if not is_storable(value):
        return "must not contain \\u0000 or half of a surrogate pair"
    # Python counts code points, as the contract does.
    if len(value) > longest:
        return f"must have at most {longest} characters"
    return f"must have at least {shortest} character" if len(value) < shortest else None


def number_problem(value):
    if isinstance(value, str):
        is_number = len(value) <= 64 and NUMERIC.fullmatch(value) and math.isfinite(float(value))
    else:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return None if is_number else "must be a finite number, a numeric string or null"


def meta_problem(value, depth=0):
    if isinstance(value, str):
        return None if is_storable(value) else "must not contain \\u0000 or half of a surrogate pair"
    if isinstance(value, float):
        return None if math.isfinite(value) else "must not contain a number beyond 1.8e308"
    if isinstance(value, dict | list):
        if depth == META_MAX_DEPTH:
            return f"must not be nested deeper than {META_MAX_DEPTH} levels"
        inner = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        return next(filter(None, (meta_problem(item, depth + 1) for item in inner)), None)
    return None


def check(fields, problems):
    """Collects what is wrong with each field: `problems` yields (path, message or None)."""
    issues = [{"path": path, "message": message} for path, message in problems if message]
    if issues:
        raise Refusal("INVALID_BODY", {"issues": issues})
    return fields


def text_problems(value, texts, required, prefix=""):
    for name, (longest, is_nullable) in texts.items():
        if name not in value:
            if name in required:
                yield prefix + name, "is required"
        elif value[name] is not None or not is_nullable:
            shortest = 1 if name in ("fingerprint", "sid", "ec", "ea") else 0
            yield prefix + name, text_problem(value[name], longest, shortest)


def event_id_problem(value):
    return None if isinstance(value, str) and UUID.fullmatch(value) else "must be a UUID"


def call_problems(value):
    if not isinstance(value, dict):
        yield "", "must be an object"
        return
    yield from text_problems(value, CALL_TEXTS, ("site_id", "fingerprint"))
    if "event_id" in value:
        yield "event_id", event_id_problem(value["event_id"])
    if value.get("value") is not None:
        yield "value", number_problem(value["value"])


def sync_problems(value, prefix=""):
    if not isinstance(value, dict):
        yield prefix.rstrip("."), "must be an object"
        return
    yield from text_problems(value, SYNC_TEXTS, ("s", "u", "sid", "ec", "ea"), prefix)
    if not isinstance(value.get("sm"), str) or not MONTH.fullmatch(value["sm"]):
        yield prefix + "sm", "must be the first of a month, YYYY-MM-01"
    if value.get("ev") is not None:
        yield prefix + "ev", number_problem(value["ev"])
    if "event_id" in value:
        yield prefix + "event_id", event_id_problem(value["event_id"])
    if "meta" not in value:
        return
    meta = value["meta"]
    if not isinstance(meta, dict):
        yield prefix + "meta", "must be an object"
        return
    problem = meta_problem(meta)
    if problem is None and len(json.dumps(meta, ensure_ascii=False, separators=(",", ":")).encode()) > META_MAX_BYTES:
        problem = f"must be at most {META_MAX_BYTES} bytes"
    yield prefix + "meta", problem
    if "fp" in meta:
        yield prefix + "meta.fp", text_problem(meta["fp"], 128, 1)


def press_time(stamp, now_ms):
    """Section 6: the milliseconds at the start of `intent_stamp`, if they are believable."""
    found = re.match(r"([0-9]{1,15})-", stamp or "")
    if not found:
        return now_ms
    pressed = int(found[1])
    return pressed if -PRESS_MAX_AHEAD_MS <= now_ms - pressed <= PRESS_MAX_AGE_MS else now_ms


# --- Section 8: the store

SCHEMA = """
create table if not exists calls (
  call_id text primary key, site_id text not null, seen_as text not null, fingerprint text not null,
  fields text not null, occurred_at integer not null, arrived_at integer not null, session_id text,
  unique (site_id, seen_as)
);
create index if not exists calls_by_visitor on calls (site_id, fingerprint) where session_id is null;
create table if not exists page_events (
  id integer primary key, site_id text not null, event_id text, sid text not null, fingerprint text,
  fields text not null, seen_at integer not null, unique (site_id, event_id)
);
create index if not exists page_events_by_visitor on page_events (site_id, fingerprint, seen_at);
"""

# Section 7: the newest session of the 30 minutes before the press; if there is none, the first of the 30 minutes after it.
SESSION_OF_PRESS = """
select sid from page_events where site_id = :site and fingerprint = :visitor
  and seen_at between :at - :window and :at + :window
order by seen_at > :at, case when seen_at > :at then seen_at else -seen_at end, -id limit 1
"""


class Store:
    """One SQLite file. Every event is on the disk (`synchronous = full`) before its response is sent."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute("pragma synchronous = full")
        self.database.executescript(SCHEMA)

    def transaction(self):
        return Transaction(self)

    def is_reachable(self):
        with self.lock:
            return self.database.execute("select 1").fetchone() == (1,)

    def record_call(self, site, event, seen_as, now_ms):
        """Records an event once. Returns its call_id, its session and whether it is new: the unique index decides."""
        at = press_time(event.get("intent_stamp"), now_ms)
        call_id = str(uuid.uuid4())
        with self.transaction() as database:
            session = self._session(database, site, event["fingerprint"], at)
            added = database.execute(
                "insert into calls values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (site_id, seen_as) do nothing",
                (call_id, site, seen_as, event["fingerprint"], json.dumps(event), at, now_ms, session),
            )
            if added.rowcount == 1:
                return call_id, session, True
            known = database.execute(
                "select call_id, session_id from calls where site_id = ? and seen_as = ?", (site, seen_as)
            )
            return *known.fetchone(), False

    def record_sync(self, events, now_ms):
        """Records a batch whole or not at all."""
        with self.transaction() as database:
            for site, event in events:
                visitor = event.get("meta", {}).get("fp")
                database.execute(
                    "insert into page_events (site_id, event_id, sid, fingerprint, fields, seen_at)"
                    " values (?, ?, ?, ?, ?, ?) on conflict (site_id, event_id) do nothing",
                    (site, event.get("event_id"), event["sid"], visitor, json.dumps(event), now_ms),
                )
                if visitor is not None:
                    self._match_waiting(database, site, visitor)

    def _match_waiting(self, database, site, visitor):
        """Section 7: a call that came before its first page event is matched now."""
        waiting = database.execute(
            "select call_id, occurred_at from calls where site_id = ? and fingerprint = ? and session_id is null",
            (site, visitor),
        )
        for call_id, at in waiting.fetchall():
            session = self._session(database, site, visitor, at)
            database.execute("update calls set session_id = ? where call_id = ?", (session, call_id))

    def _session(self, database, site, visitor, at):
        values = {"site": site, "visitor": visitor, "at": at, "window": MATCH_WINDOW_MS}
        found = database.execute(SESSION_OF_PRESS, values).fetchone()
        return found and found[0]


class Transaction:
    def __init__(self, store):
        self.store = store

    def __enter__(self):
        self.store.lock.acquire()
        try:
            self.store.database.execute("begin immediate")
        except BaseException:
            self.store.lock.release()
            raise
        return self.store.database

    def __exit__(self, kind, *_):
        try:
            self.store.database.execute("rollback" if kind else "commit")
        finally:
            self.store.lock.release()


# --- The requests


class Server:
    def __init__(self, origins, sites, store, clock=time.time):
        self.origins = origins
        self.sites = sites
        self.store = store
        self.clock = clock
        self.limiter = Limiter()

    def respond(self, request, problem):
        """Returns status, headers and body. Every response is made here, so that none lacks CORS or a request id."""
        given = request.header("x-request-id") or ""
        request.id = given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4())
        request.counted = []
        headers = {}
        try:
            if problem:
                raise Refusal(problem)
            status, value = self.route(request)
            if status == 204:
                headers, value = value, None
        except wire.TooLarge:
            status, value = self.refuse(request, Refusal("PAYLOAD_TOO_LARGE"))
        except wire.Problem as unreadable:
            request.is_body_read = False
            status, value = self.refuse(request, Refusal(unreadable.code))
        except Refusal as refusal:
            status, value = self.refuse(request, refusal)
            headers = refusal.headers
        except sqlite3.Error as error:
            print(f"{request.id}: {error}", file=sys.stderr)
            status, value = self.refuse(request, Refusal("STORE_UNAVAILABLE"))
            headers = {"Retry-After": "5"}
        except Exception as error:
            print(f"{request.id}: {error!r}", file=sys.stderr)
            status, value = self.refuse(request, Refusal("INTERNAL"))
        headers = {"X-Request-Id": request.id, "Cache-Control": "no-store", **self.cors(request), **headers}
        if status == 401:
            headers["WWW-Authenticate"] = "Ops-Signature"
        if request.counted:
            headers |= limit_headers(request.counted)
        if isinstance(value, str):
            headers |= {"Content-Type": "text/html; charset=utf-8"}
            return status, headers, value.encode()
        if value is not None:
            headers |= {"Content-Type": "application/json"}
        return status, headers, b"" if value is None else json.dumps(value).encode()

    def refuse(self, request, refusal):
        status, sentence = REFUSALS[refusal.code]
        if status == 401:
            refusal.extra["server_ts"] = int(self.clock())
        return status, {"error": sentence, "code": refusal.code, "request_id": request.id, **refusal.extra}

    def allows(self, origin):
        return normalise_origin(origin) in self.origins

    def cors(self, request):
        origin = request.header("origin")
        if origin is None or not self.allows(origin):
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Retry-After, RateLimit, RateLimit-Policy, X-Request-Id",
        }

    def route(self, request):
        method = "GET" if request.method == "HEAD" else request.method
        if request.path in POSTS:
            if method == "OPTIONS":
                return self.preflight(request)
            if method != "POST":
                raise Refusal("METHOD_NOT_ALLOWED", headers={"Allow": "POST, OPTIONS"})
            return self.sync(request) if request.path == SYNC else self.call(request)
        pages = {"/api/health": self.health, "/openapi.json": self.openapi, "/docs": self.docs}
        if request.path not in pages:
            raise Refusal("NOT_FOUND")
        if method != "GET":
            raise Refusal("METHOD_NOT_ALLOWED", headers={"Allow": "GET"})
        return pages[request.path]()

    def preflight(self, request):
        """Section 2: before anything else."""
        origin = request.header("origin")
        if origin is None:
            return 204, {"Allow": "POST, OPTIONS"}
        if not self.allows(origin):
            raise Refusal("ORIGIN_NOT_ALLOWED", {"origin": origin})
        return 204, {
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": "Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature",
            "Access-Control-Max-Age": "7200",
        }

    def receive(self, request):
        """Steps 2 to 4 of section 5. Returns the body's bytes, and whether the request has to be signed."""
        origin = request.header("origin")
        if origin is not None and not self.allows(origin):
            raise Refusal("ORIGIN_NOT_ALLOWED", {"origin": origin})
        is_proxy = request.header("x-ops-proxy") == "1" and request.header("x-ops-signature") is not None
        if origin is None and request.path != V2 and not (request.path == SYNC and is_proxy):
            raise Refusal("ORIGIN_REQUIRED")
        body = request.read_body(BODY_MAX_BYTES)
        content_type = (request.header("content-type") or "").split(";")[0].strip().lower()
        if content_type not in ("application/json", "text/plain") or "," in request.header("content-type"):
            raise Refusal("UNSUPPORTED_MEDIA_TYPE")
        if request.header("content-encoding") is not None:
            raise Refusal("UNSUPPORTED_MEDIA_TYPE")
        return body, request.path != SYNC or origin is None

    def client(self, request):
        return network(request.address), (request.header("user-agent") or "")[:64]

    def verify(self, request, body):
        """Step 6: headers, time window, decoding, signature. Returns the text and the site that has signed it."""
        site = request.header("x-ops-site-id") or ""
        ts = request.header("x-ops-ts") or ""
        sent = request.header("x-ops-signature") or ""
        if not (SITE_ID.fullmatch(site) and TIMESTAMP.fullmatch(ts) and SIGNATURE.fullmatch(sent)):
            raise Refusal("SIGNATURE_REQUIRED")
        age = int(self.clock()) - int(ts)
        if age > TIMESTAMP_MAX_AGE_SECONDS or -age > TIMESTAMP_MAX_AHEAD_SECONDS:
            raise Refusal("SIGNATURE_TIMESTAMP_INVALID")
        text = decode(body)
        message = ts.encode() + b"." + body
        # An unknown site costs as much time as a wrong signature, and looks the same.
        secrets = self.sites.get(canonical(site), ["no secret that anybody has"])
        good = [
            hmac.compare_digest(hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(), sent.lower())
            for secret in secrets
        ]
        if not any(good) or canonical(site) not in self.sites:
            raise Refusal("SIGNATURE_INVALID")
        return text, canonical(site)

    def visitor(self, request):
        """Section 9: the address that a proxy reports is believed after the signature only."""
        hops = [hop.strip() for hop in (request.header("x-forwarded-for") or "").split(",") if hop.strip()]
        return network(hops[-1] if hops else request.address)

    def call(self, request):
        """Section 5."""
        body, _ = self.receive(request)
        self.limiter.count(request, ("address", network(request.address)))
        if request.path == V1:
            self.limiter.count(request, ("coarse", *self.client(request)))
        text, signed_site = self.verify(request, body)
        event = read_json(text)
        check(event, call_problems(event))
        site = canonical(event["site_id"])
        if not SITE_ID.fullmatch(event["site_id"]) or site not in self.sites:
            raise Refusal("INVALID_SITE_ID")
        if site != signed_site:
            raise Refusal("SITE_MISMATCH")
        if request.path == V1:
            own = ("v1", site, *self.client(request))
            address = network(request.address)
        else:
            host = (request.header("x-ops-proxy-host") or "").lower()
            address = self.visitor(request)
            own = ("v2", site, host if PROXY_HOST.fullmatch(host) else "unknown", address)
        self.limiter.count(request, own, ("share", site, address), ("site", site))
        known = {name: event[name] for name in (*CALL_TEXTS, "event_id", "value") if name in event}
        if "event_id" in known:
            seen_as = known["event_id"].lower()
        else:
            seen_as = "signature " + hashlib.sha256(request.header("x-ops-signature").lower().encode()).hexdigest()
        call_id, session, is_new = self.store.record_call(site, known, seen_as, int(self.clock() * 1000))
        if not is_new:
            return 200, {"status": "noop", "call_id": call_id, "request_id": request.id}
        status = "unmatched" if session is None else "matched"
        return 200, {"status": status, "call_id": call_id, "session_id": session, "request_id": request.id}

    def sync(self, request):
        """Section 10."""
        body, is_signature_demanded = self.receive(request)
        self.limiter.count(request, ("address", network(request.address)), ("sync", *self.client(request)))
        signed_site = None
        if is_signature_demanded:
            text, signed_site = self.verify(request, body)
        else:
            text = decode(body)
        value = read_json(text)
        if isinstance(value, dict) and "events" in value:
            events = value["events"]
            if not isinstance(events, list) or not 1 <= len(events) <= BATCH_MAX_EVENTS:
                message = f"must be a list of 1 to {BATCH_MAX_EVENTS} events"
                raise Refusal("INVALID_BODY", {"issues": [{"path": "events", "message": message}]})
            check(value, (problem for i, event in enumerate(events) for problem in sync_problems(event, f"events.{i}.")))
        else:
            events = [check(value, sync_problems(value))]
        sites = [canonical(event["s"]) for event in events]
        if not all(SITE_ID.fullmatch(event["s"]) and site in self.sites for event, site in zip(events, sites)):
            raise Refusal("INVALID_SITE_ID")
        if signed_site is not None and any(site != signed_site for site in sites):
            raise Refusal("SITE_MISMATCH")
        for site in set(sites):
            buckets = ("share", site, "sync", network(request.address)), ("site", site, "sync")
            self.limiter.count(request, *buckets, weight=sites.count(site))
        for event in events:
            if "event_id" in event:
                event["event_id"] = event["event_id"].lower()
        self.store.record_sync(list(zip(sites, events)), int(self.clock() * 1000))
        return 200, {"ok": True, "status": "synced", "accepted": len(events), "request_id": request.id}

    def health(self):
        """Section 11."""
        try:
            is_reachable = self.store.is_reachable()
        except sqlite3.Error:
            is_reachable = False
        return 200 if is_reachable else 503, {
            "ok": is_reachable,
            "ts": int(self.clock()),
            "version": VERSION,
            "contract": CONTRACT,
            "db_ok": is_reachable,
            "limiter": "memory",
            "warnings": [],
        }

    def openapi(self):
        return 200, json.loads((Path(__file__).parent / "../../docs/openapi.json").read_text(encoding="utf-8"))

    def docs(self):
        contract = (Path(__file__).parent / "../../docs/contract.md").read_text(encoding="utf-8")
        escaped = contract.replace("&", "&amp;").replace("<", "&lt;")
        return 200, f"<!doctype html><title>Contract {CONTRACT}</title><pre>{escaped}</pre>"


def parse_sites(text):
    """Reads `<site id>:<secret>[:<next secret>]`, separated by commas."""
    sites = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        site, *secrets = entry.split(":")
        is_complete = SITE_ID.fullmatch(site) and 1 <= len(secrets) <= 2
        if not is_complete or any(len(secret) < SECRET_MIN_LENGTH for secret in secrets):
            raise SystemExit("SITES: expected <32 hex digits>:<secret of at least 16 characters>[:<next secret>],…")
        sites[canonical(site)] = secrets
    return sites


def main():
    env = os.environ
    origins = parse_origins(env.get("ALLOWED_ORIGINS", ""))
    if not origins:
        raise SystemExit("ALLOWED_ORIGINS is missing: the origins of the pages, such as https://shop.example")
    store = Store(env.get("DATABASE", "opsmantik.sqlite3"))
    server = Server(origins, parse_sites(env.get("SITES", "")), store)
    host = env.get("HOST", "127.0.0.1")
    is_over = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: is_over.set())
    port, stop = wire.listen(host, int(env.get("PORT", "8787")), server.respond)
    print(f"ready at http://{host}:{port}", flush=True)
    is_over.wait()
    stop()


if __name__ == "__main__":
    main()
