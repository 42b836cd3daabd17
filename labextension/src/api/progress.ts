/**
 * Reading a large answer while saying how far it is.
 */

/** The whole body; `tell` hears of each piece, in bytes. */
export async function readWithProgress(
  response: Response,
  tell: (received: number, total: number | null) => void
): Promise<Blob> {
  const total = Number(response.headers.get('Content-Length')) || null;
  const reader = response.body?.getReader();
  if (!reader) {
    return response.blob();
  }
  const pieces: BlobPart[] = [];
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    pieces.push(value);
    received += value.byteLength;
    tell(received, total);
  }
  return new Blob(pieces, {
    type: response.headers.get('Content-Type') ?? ''
  });
}
