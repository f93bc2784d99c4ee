export interface OneRequest {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: string
}

export interface OneResponse {
  status: number
  /** Names in lower case, in the order in which they came. */
  headers: [name: string, value: string][]
  /** As much of the body as is read. */
  text: string
}

/** Sends one request to a customer's site; never rejects. */
export type ReadOnce = (request: OneRequest) => Promise<OneResponse | { problem: string }>
