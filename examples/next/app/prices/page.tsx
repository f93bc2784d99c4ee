import Link from 'next/link'

export default function Prices() {
  return (
    <main>
      <h1>Prices</h1>
      <Link href="/">Home</Link>
    </main>
  )
}
