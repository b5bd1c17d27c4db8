import Koa, { type Context } from 'koa'
import { type Listening, listen } from './listening.ts'
import { type MediaFile, sendFile } from './media.ts'
import { notFound, refusing, TwilioRefusal } from './refusal.ts'

/** Where redirected media lies. */
export interface Elsewhere {
  /** Puts a file there and tells its path, at this origin and at the other one. */
  offer(file: MediaFile): { readonly path: string; readonly url: string }
  /** Answers with the file that was offered under the context's path. */
  serve(context: Context): void
  close(): Promise<void>
}

/** Another origin, which refuses credentials that are not its own, as S3 does behind its signed URLs. */
export async function startElsewhere(): Promise<Elsewhere> {
  const offered = new Map<string, MediaFile>()
  const serve = (context: Context) => {
    const file = offered.get(context.path)
    if (file === undefined) throw notFound(context.path)
    sendFile(context, file)
  }
  const app = new Koa()
  app.use(refusing)
  app.use((context) => {
    if (context.get('Authorization') !== '') throw new TwilioRefusal(400, 400, 'Only one auth mechanism allowed')
    serve(context)
  })
  const server: Listening = await listen(app, 0)
  return {
    offer(file) {
      const path = `/media/${offered.size + 1}`
      offered.set(path, file)
      return { path, url: server.url + path }
    },
    serve,
    close: server.close,
  }
}
