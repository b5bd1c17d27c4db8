export { type GuardedFetchService, guardedFetch, type OutboundRules } from './guarded-fetch.ts'
