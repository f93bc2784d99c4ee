import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const PROGRAM = '/usr/sbin/nginx'

/** Starts nginx before a server, with the usual map for WebSockets and one connection that all visitors share. */
export const startNginx = async (upstream: string): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmantik-nginx-'))
  const port = await freePort()
  const path = join(folder, 'nginx.conf')
  writeFileSync(
    path,
    `
daemon off;
pid ${folder}/pid;
error_log ${folder}/error.log;
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream server { server ${new URL(upstream).host}; keepalive 1; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://server;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_read_timeout 5s;
    }
  }
}
`,
  )
  execFileSync(PROGRAM, ['-t', '-c', path, '-g', `error_log ${folder}/error.log;`].slice(0, 3), {
    stdio: 'pipe',
  })
  const child = spawn(PROGRAM, ['-c', path], { stdio: 'ignore' })
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  await untilListening(port)
  return `http://127.0.0.1:${port}`
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const untilListening = async (port: number): Promise<void> => {
  for (;;) {
    const isListening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (isListening) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
