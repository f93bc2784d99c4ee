/** Lines that several findings tell people to change. */
export const KEEP = '<…keep what is there>'

export const addOrigin = (origin: string): string =>
  `ALLOWED_ORIGINS=${KEEP},${origin}\nThen redeploy or restart: a variable is read at start only, and a running server keeps the old list.`

export const EXPECT_204 = 'expect 204 and Access-Control-Allow-Origin with this very origin'

const AWS =
  'aws apigateway update-gateway-response --rest-api-id <API_ID> --response-type MISSING_AUTHENTICATION_TOKEN --patch-operations op=replace,path=/statusCode,value=200   # AWS API Gateway; then deploy the stage'
const NGINX =
  'limit_except OPTIONS { auth_basic "…"; auth_basic_user_file …; }   # nginx, in place of the same two lines outside it'

/** A preflight carries no login: something must be told to let it pass. What looks like AWS is told in AWS's words first. */
export const letOptionsThrough = (isAws: boolean): string =>
  [
    ...(isAws ? [AWS] : [NGINX, AWS]),
    'Firewall or CDN: a rule that skips OPTIONS on /api/*. OPTIONS must reach the server without a login; POST keeps what guards it.',
  ].join('\n')

export const ONE_SETS_CORS = `proxy_hide_header Access-Control-Allow-Origin;   # nginx, where the gateway sets its own; better: delete the gateway's add_header Access-Control-* lines and let the server's stand\nOnly one of the two may set these headers, and the server knows the list.`

export const PASS_CORS = `proxy_pass_header Access-Control-Allow-Origin;   # the gateway (or CDN) must hand the server's Access-Control-* headers and Vary through, on errors too\nCloudFront: an origin request policy that forwards Origin, Access-Control-Request-Method and Access-Control-Request-Headers.`

export const ALLOWED_HEADERS_LINE =
  'Access-Control-Allow-Headers: Content-Type, X-Ops-Site-Id, X-Ops-Ts, X-Ops-Signature'
