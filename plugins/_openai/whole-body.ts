/**
 * A `fetch` that encodes forms before it sends them. Node's own goes on feeding a form to a request that has failed
 * already (nobody listens, say), and throws where nobody can catch it: that ends the process (seen with Node 24.21
 * and forms over a megabyte; nodejs/undici#5835 is of this kind). A whole body also has a Content-Length, which some
 * compatible servers want. Uploads are slices below 25 MB, and in memory anyway.
 */
export async function fetchWhole(...[url, init]: Parameters<typeof fetch>): Promise<Response> {
  if (!(init?.body instanceof FormData)) return fetch(url, init)
  const encoded = new Response(init.body)
  const headers = new Headers(init.headers)
  const type = encoded.headers.get('content-type')
  if (type !== null) headers.set('content-type', type)
  return fetch(url, { ...init, headers, body: await encoded.arrayBuffer() })
}
