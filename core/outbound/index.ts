export { type GuardedFetchService, guardedFetch, type OutboundRules } from './guarded_fetch.ts'
