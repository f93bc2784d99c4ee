export const HELP = `opsmantik conformance <url>           a server, from outside
opsmantik conformance proxy <url>     a first-party proxy; the kit plays the server behind it
opsmantik conformance client          a tracker; the kit plays a server that fails

  --site-id ID             the site, UUID or 32-hex public id
  --secret-env NAME        the environment variable that holds its secret
  --origin URL             an allowed origin (default: the target's own)

server
  --next-secret-env NAME   the site's next secret, during a rotation
  --other-site-id ID       a second site
  --other-secret-env NAME  the second site's secret
  --trusted-proxy-hops N   load balancers that the server trusts and the kit does not go through
  --live-token-env NAME    the live feed's token
  --site-token-env NAME    a token that reads the recorded calls of the site
  --peer-url URL           another process of the same server: readers that change over
  --restart-command CMD    kills the server (SIGKILL) and starts it again; ends when that is done
  --read-command CMD       prints recorded calls as JSON lines; OPS_FINGERPRINT says which
  --slow                   also what takes over 15 s: the 408 of a slow request, the feed's ping
  --wait SECONDS           waits until the server answers
  --yes                    run against production without asking

proxy
  --sync-url URL           where it takes page views (default: the same address)
  --further-origin URL     a second origin that the proxy is configured to allow
  --listen-port 8799       where the kit plays the server: the proxy's console URL
  --listen-host 127.0.0.1

client
  --command CMD            started for each scenario with OPS_SITE_ID, OPS_MODE and OPS_PROXY_URL, or
                           OPS_CONSOLE_URL and OPS_SECRET; records OPS_PRESSES intents (mostly 1) of a
                           page whose query is OPS_PAGE_QUERY, and keeps running
  --script FILE            without --command: a tracker's script, tried in the browser that you open
  --mode signed|proxy      default: proxy
  --listen-port 8798

what is judged
  --profile NAME,…         ingest, sync, limits, live, durable, read (ingest+sync is the same as both);
                           default: full
  --require NAME,…         fails if one of these profiles is not conformant as a whole
  --only ID,…  --skip ID,… checks by id or by prefix (origin, signature.window)
  --list                   every check: id, level, section, profile, sentence

report
  --json --junit --tap --markdown
                           for programs, instead of the report for people
  --output FILE            also writes a report; its end says which: .html .xml (JUnit) .json .tap .md,
                           badge.json for a badge; may be given several times
  --baseline FILE          known failures, one id a line; one that passes now fails the run

Exit code: 0 conformant, 1 not, 2 could not be run.
`
