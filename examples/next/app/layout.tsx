import type { ReactNode } from 'react'
import { Ops } from './ops'

export const metadata = { title: 'A shop' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        {children}
        <Ops />
      </body>
    </html>
  )
}
