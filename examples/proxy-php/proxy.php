<?php
/**
 * A first-party proxy of the OpsMantik contract (section 14), in one file: PHP 8.1 or later with curl, no framework.
 *
 * Upload it, name it in the page (`data-ops-proxy-url="/ops.php"`), and set OPS_SITE_ID, OPS_SECRET and OPS_CONSOLE_URL
 * in the environment of PHP. It signs the exact bytes that the page sent, so nothing may parse the body before it.
 */

declare(strict_types=1);

const BODY_MAX_BYTES = 65_536;
const RESPONSE_MAX_BYTES = 65_536;
const TIMEOUT_MS = 4_000;
const SECRET_MIN_LENGTH = 16;
const SITE_ID = '/^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/iD';
const REFUSALS = [
    'ORIGIN_NOT_ALLOWED' => [403, 'Origin not allowed'],
    'METHOD_NOT_ALLOWED' => [405, 'Method not allowed'],
    'PAYLOAD_TOO_LARGE' => [413, 'The body is larger than 65536 bytes'],
    'BAD_REQUEST' => [400, 'The request has no body'],
    'INVALID_JSON' => [400, 'The body is not valid JSON in UTF-8'],
    'INVALID_SITE_ID' => [400, 'Unknown site_id'],
    'PROXY_NOT_CONFIGURED' => [500, 'The proxy has no secret'],
    'UPSTREAM_UNREACHABLE' => [502, 'The server behind the proxy cannot be reached'],
    'UPSTREAM_TIMEOUT' => [504, 'The server behind the proxy did not answer in time'],
];

/** Sends a response and ends the script. */
function respond(int $status, string $json, array $headers): never
{
    http_response_code($status);
    header('Cache-Control: no-store');
    if ($status !== 204) {
        header('Content-Type: application/json');
    }
    foreach ($headers as $name => $value) {
        header("$name: $value");
    }
    exit($json);
}

function refuse(string $code, array $headers, array $extra = []): never
{
    [$status, $sentence] = REFUSALS[$code];
    $body = ['error' => $sentence, 'code' => $code, 'request_id' => $headers['X-Request-Id']] + $extra;
    respond($status, json_encode($body, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE), $headers);
}

function setting(string $name): string
{
    return trim((string) getenv($name));
}

/** Returns the site that the body names: the proxy's own, or null if it names none or another. */
function siteOf(array $body): ?string
{
    $isCall = array_key_exists('site_id', $body);
    $events = is_array($body['events'] ?? null) ? $body['events'] : [$body];
    $named = $isCall ? [$body['site_id']] : array_map(fn($event) => $event['s'] ?? null, $events);
    $own = setting('OPS_SITE_ID');
    $plain = fn(string $id): string => strtolower(str_replace('-', '', $id));
    foreach ($named as $site) {
        $isWellFormed = is_string($site) && preg_match(SITE_ID, $site) === 1;
        if (!$isWellFormed || ($own !== '' && $plain($site) !== $plain($own))) {
            return null;
        }
    }
    return $named === [] ? null : ($own ?: $named[0]);
}

/** Asks the ingestion server. Returns status, body, and the headers that are handed on; or the code of a refusal. */
function forward(string $url, string $body, array $headers): array|string
{
    $received = '';
    $handedOn = [];
    $request = curl_init($url);
    curl_setopt_array($request, [
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_HTTPHEADER => array_map(fn($name, $value) => "$name: $value", array_keys($headers), $headers),
        CURLOPT_TIMEOUT_MS => TIMEOUT_MS,
        CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        // A redirect could carry the signature to somebody else.
        CURLOPT_FOLLOWLOCATION => false,
        CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$handedOn): int {
            if (preg_match('/^(Retry-After|X-Request-Id): *([\x21-\x7e][\x20-\x7e]{0,127})\r\n$/i', $line, $found)) {
                $handedOn[strtolower($found[1]) === 'retry-after' ? 'Retry-After' : 'X-Request-Id'] = $found[2];
            }
            return strlen($line);
        },
        CURLOPT_WRITEFUNCTION => function ($_, string $data) use (&$received): int {
            $received .= $data;
            return strlen($received) > RESPONSE_MAX_BYTES ? 0 : strlen($data);
        },
    ]);
    $isWhole = curl_exec($request);
    if (!$isWhole) {
        return curl_errno($request) === CURLE_OPERATION_TIMEDOUT ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE';
    }
    $status = curl_getinfo($request, CURLINFO_RESPONSE_CODE);
    $isEmptySuccess = $received === '' && $status >= 200 && $status < 300;
    $isRedirect = $status < 200 || ($status >= 300 && $status < 400);
    json_decode($received);
    // A captive portal, a login page or a gateway answered in the server's place.
    if ($isRedirect || (json_last_error() !== JSON_ERROR_NONE && !$isEmptySuccess)) {
        return 'UPSTREAM_UNREACHABLE';
    }
    return [$status, $received, $handedOn];
}

$origin = $_SERVER['HTTP_ORIGIN'] ?? null;
$host = $_SERVER['HTTP_HOST'] ?? '';
$further = array_filter(array_map('trim', explode(',', setting('OPS_ORIGINS'))));
$isAllowed = $origin === null || in_array($origin, ["https://$host", "http://$host", ...$further], true);
$headers = ['X-Request-Id' => bin2hex(random_bytes(16)), 'Vary' => 'Origin'];
if ($origin !== null && $isAllowed) {
    $headers['Access-Control-Allow-Origin'] = $origin;
    $headers['Access-Control-Expose-Headers'] = 'Retry-After, RateLimit, RateLimit-Policy, X-Request-Id';
}

$method = $_SERVER['REQUEST_METHOD'];
if ($method !== 'POST' && $method !== 'OPTIONS') {
    refuse('METHOD_NOT_ALLOWED', $headers + ['Allow' => 'POST, OPTIONS']);
}
if (!$isAllowed) {
    refuse('ORIGIN_NOT_ALLOWED', $headers, ['origin' => $origin]);
}
if ($method === 'OPTIONS') {
    respond(204, '', $headers + [
        'Access-Control-Allow-Methods' => 'POST, OPTIONS',
        'Access-Control-Allow-Headers' => 'Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature',
        'Access-Control-Max-Age' => '7200',
    ]);
}

$body = (string) file_get_contents('php://input', length: BODY_MAX_BYTES + 1);
if (strlen($body) > BODY_MAX_BYTES) {
    refuse('PAYLOAD_TOO_LARGE', $headers);
}
if ($body === '') {
    refuse('BAD_REQUEST', $headers);
}
$json = json_decode($body, true);
// An associative array does not show whether it was an object.
if (!is_array($json) || !str_starts_with(ltrim($body, " \t\r\n"), '{')) {
    refuse('INVALID_JSON', $headers);
}
$site = siteOf($json);
if ($site === null) {
    refuse('INVALID_SITE_ID', $headers);
}
$secret = setting('OPS_SECRET');
$console = rtrim(setting('OPS_CONSOLE_URL'), '/');
if (strlen($secret) < SECRET_MIN_LENGTH || $console === '') {
    refuse('PROXY_NOT_CONFIGURED', $headers);
}

$ts = (string) time();
$hops = array_filter([trim($_SERVER['HTTP_X_FORWARDED_FOR'] ?? ''), $_SERVER['REMOTE_ADDR'] ?? '']);
$path = array_key_exists('site_id', $json) ? '/api/call-event/v2' : '/api/sync';
$answer = forward($console . $path, $body, [
    'Content-Type' => 'application/json',
    'X-Ops-Site-Id' => $site,
    'X-Ops-Ts' => $ts,
    'X-Ops-Signature' => hash_hmac('sha256', "$ts.$body", $secret),
    'X-Ops-Proxy' => '1',
    'X-Ops-Proxy-Host' => $host,
    'X-Forwarded-For' => implode(', ', $hops),
    'X-Request-Id' => $headers['X-Request-Id'],
    'User-Agent' => $_SERVER['HTTP_USER_AGENT'] ?? '',
    'Expect' => '',
]);
if (is_string($answer)) {
    refuse($answer, $headers);
}
[$status, $text, $handedOn] = $answer;
respond($status, $text, $handedOn + $headers);
