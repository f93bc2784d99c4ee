import Link from 'next/link'

export default function Home() {
  return (
    <main>
      <p>
        Call us: <a href="tel:+905000000106">0500 000 01 06</a>
      </p>
      <Link href="/prices">Prices</Link>
    </main>
  )
}
