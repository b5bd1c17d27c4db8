/**
 * The public API of Aftercall: what a plugin imports. Everything else is the engine's own and may change.
 */
export { type Static, Type } from 'typebox'
export * from './contracts/index.ts'
