/** HTTP as the door (`ingress`) and the API share it. */
export { readBody } from './read-body.ts'
export { type RunningServer, type ServerLimits, type ServerOptions, startServer } from './server.ts'
