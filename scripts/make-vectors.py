"""Makes src/contract/vectors.json with Python's hmac, so that no line of this project's own code decides what is right.

    python3 scripts/make-vectors.py > src/contract/vectors.json
"""
import hashlib
import hmac
import json

CASES = [
    ("ascii", "a-secret-of-24-characters", "1700000000", '{"site_id":"0123456789abcdef0123456789abcdef","fingerprint":"v1"}', 1),
    ("unicode body", "a-secret-of-24-characters", "1700000001", '{"intent_target":"çağrı ☎️ 電話"}', 1),
    ("json escapes stay as they were sent", "a-secret-of-24-characters", "1700000002", '{"a":"\\u0131\\\\x41\\/"}', 1),
    ("white space and order count", "a-secret-of-24-characters", "1700000002", '{ "b":1,\n\t"a":2 }\n', 1),
    ("empty body", "a-secret-of-24-characters", "1700000003", "", 1),
    ("body of 64 KiB", "a-secret-of-24-characters", "1700000004", "0123456789abcdef", 4096),
    ("secret with non-ASCII letters", "gizli-anahtar-şçöğüı-鍵", "1700000005", '{"a":1}', 1),
    ("secret longer than a block of SHA-256", "k" * 100, "1700000006", '{"a":1}', 1),
    ("byte order mark is part of the body", "a-secret-of-24-characters", "1700000007", '\ufeff{"a":1}', 1),
    ("timestamp with a leading zero is signed as sent", "a-secret-of-24-characters", "0700000008", '{"a":1}', 1),
]

signatures = []
for name, secret, ts, text, times in CASES:
    body = (text * times).encode()
    message = ts.encode() + b"." + body
    signatures.append({
        "name": name,
        "secret": secret,
        "ts": ts,
        "body": text,
        "body_times": times,
        "message_sha256": hashlib.sha256(message).hexdigest(),
        "signature": hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(),
    })

print(json.dumps({
    "note": "The body is `body` repeated `body_times` times, in UTF-8. message = ts + '.' + body. signature = HMAC-SHA256(secret in UTF-8, message), hex.",
    "signatures": signatures,
}, ensure_ascii=False, indent=2))
