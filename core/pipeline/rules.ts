/** A rule of `aftercall validate`. */
export interface Rule {
  readonly severity: 'error' | 'warning'
  /** What the rule asks for: the line in docs/errors.md. */
  readonly about: string
  /** What the reader can do. */
  readonly remedy: string
}

/**
 * Everything that can be wrong with a pipeline.yaml. The ids are stable: editors and scripts rely on them.
 * `docs/errors.md` lists the same table; a test fails when the two disagree.
 */
export const RULES = {
  // the file
  'too-large': {
    severity: 'error',
    about: 'The file has at most 256 KiB.',
    remedy: 'Move long lists out of the file, into a plugin or a file that an option names.',
  },
  syntax: {
    severity: 'error',
    about: 'The file is one YAML 1.2 document.',
    remedy: 'Correct the YAML: indentation by spaces, quotes around text that holds ": ", " #", "{" or "*".',
  },
  'too-deep': {
    severity: 'error',
    about: 'Lists and mappings are nested at most 32 deep.',
    remedy: 'Write it flatter: no option needs that.',
  },
  'duplicate-key': {
    severity: 'error',
    about: 'A key stands once in its mapping.',
    remedy: 'Remove one of the two.',
  },
  'no-alias': {
    severity: 'error',
    about: 'YAML aliases (`*name`) are not used.',
    remedy: 'Write the value out where it is needed.',
  },
  'unknown-key': {
    severity: 'error',
    about: 'Every key is one that docs/pipeline.md describes.',
    remedy: 'Correct the spelling, or remove the key. Options of a driver stand below `with:`.',
  },
  'missing-key': {
    severity: 'error',
    about: 'Required keys are there.',
    remedy: 'Add the key; docs/pipeline.md says what it means.',
  },
  'wrong-type': {
    severity: 'error',
    about: 'Every key has a value of its kind: a text, a number, a list, a mapping.',
    remedy: 'Write a value of the kind that the message names.',
  },
  'invalid-value': {
    severity: 'error',
    about: 'Every key has a value that it admits.',
    remedy: 'Write a value that the message admits.',
  },
  'unsupported-version': {
    severity: 'error',
    about: 'The version of the file is 1.',
    remedy: 'Write `version: 1`; a newer file needs a newer Aftercall.',
  },
  'no-stages': {
    severity: 'error',
    about: 'There is at least one stage.',
    remedy: 'Add a stage: `aftercall plugins` lists them, and `aftercall init` writes a pipeline to begin with.',
  },
  'bad-name': {
    severity: 'error',
    about: 'Stages, drivers and ids are lower-case words: letters, digits, hyphens.',
    remedy: 'Write a name such as `stt` or `stt-second-try`.',
  },
  'bad-duration': {
    severity: 'error',
    about:
      'A duration is a whole number with its unit: 500ms, 2s, 15m, 24h, 7d. A timeout is at least 1ms, any but those of `recordings` is at most 24 days.',
    remedy: 'Write it with one of the units ms, s, m, h, d, as in 15m.',
  },
  'bad-retry': {
    severity: 'error',
    about: '`retry.delay` is not longer than `retry.maxDelay`.',
    remedy: 'Shorten `delay`, or lengthen `maxDelay`.',
  },
  // twilio
  'no-such-recording': {
    severity: 'error',
    about: '`twilio.recording` is a way of recording that `twilio.handling` has.',
    remedy: 'Leave `recording` out: what fits `handling` is its default. docs/twilio.md says what each means.',
  },
  'unused-key': {
    severity: 'warning',
    about: 'What is configured is used.',
    remedy: 'Remove the part that is not used, or choose the `handling` that uses it.',
  },
  'dial-nowhere': {
    severity: 'warning',
    about: 'Where calls are put through, there is a number for calls to any business.',
    remedy: 'Set `twilio.dial.to`, or give every business its own: `aftercall business add --forward-to`.',
  },
  // ${…}
  'unset-variable': {
    severity: 'error',
    about: 'Every variable that is used without a default is set.',
    remedy: 'Set it in .env or in the environment, or write a default: ${NAME:-default}.',
  },
  'bad-variable': {
    severity: 'error',
    about: '`${` begins ${NAME} or ${NAME:-default}, and a default holds no `${` and no `}`.',
    remedy: 'Write ${NAME} or ${NAME:-default}. Text that holds "${" itself can only come from a variable.',
  },
  // plugins and drivers
  'plugin-not-found': {
    severity: 'error',
    about: 'Every plugin is an installed npm package, or a folder relative to the file.',
    remedy: 'Install the package where pipeline.yaml is, or correct the path; folders begin with ./ or ../.',
  },
  'plugin-conflict': {
    severity: 'error',
    about: 'No two plugins have the same driver of the same stage.',
    remedy: 'Rename the file of one of them, and use it under the new name.',
  },
  'unknown-stage': {
    severity: 'error',
    about: 'A plugin has the stage: a folder of this name.',
    remedy: 'Correct the name, or add the plugin to `plugins:`. `aftercall plugins` lists what there is.',
  },
  'unknown-driver': {
    severity: 'error',
    about: 'The stage has the driver: a file of this name in its folder.',
    remedy: 'Use another driver, or add the plugin to `plugins:`. `aftercall plugins` lists what there is.',
  },
  'broken-driver': {
    severity: 'error',
    about: 'The file of a driver can be imported and exports one, made by defineDriver.',
    remedy: 'Correct the file, or tell its author; docs/writing-a-plugin.md says what a driver is.',
  },
  'unknown-option': {
    severity: 'error',
    about: 'Every key below `with:` is an option of the driver.',
    remedy: 'Correct the spelling, or remove it. `aftercall plugins STAGE/DRIVER` lists the options.',
  },
  'missing-option': {
    severity: 'error',
    about: 'Options without a default are given.',
    remedy: 'Add it below `with:`. `aftercall plugins STAGE/DRIVER` lists the options.',
  },
  'invalid-option': {
    severity: 'error',
    about: 'Every option has a value that the driver admits.',
    remedy: 'Write a value that the message admits. `aftercall plugins STAGE/DRIVER` lists the options.',
  },
  // the stages together
  'duplicate-id': {
    severity: 'error',
    about: 'Ids are unique; without `id` a stage is called by its kind.',
    remedy: 'Give one of the two an `id` of its own.',
  },
  'missing-input': {
    severity: 'error',
    about: 'What a stage needs is produced by a stage above it.',
    remedy: 'Add a stage that produces it above this one, or move this one below it.',
  },
  'final-input': {
    severity: 'error',
    about: 'No stage needs what only a final stage produces: those run last.',
    remedy: 'Remove the stage, or make it a final stage too.',
  },
  'two-producers': {
    severity: 'error',
    about: 'An artifact has one producer; a second one must consume what it replaces.',
    remedy: 'Remove one of the two stages. To have a second try, make it a `fallback:` of the first.',
  },
  'artifact-conflict': {
    severity: 'error',
    about: 'Artifacts of one name have one schema, whichever plugin declares them.',
    remedy: 'Import the artifact from the plugin that declares it, or rename one of the two.',
  },
  'fallback-contract': {
    severity: 'error',
    about: 'A fallback consumes and produces what the driver above it does.',
    remedy: 'Build both drivers on one contract: import it instead of declaring it again.',
  },
  'repeated-fallback': {
    severity: 'warning',
    about: 'A fallback differs from the drivers above it.',
    remedy: 'Remove it, or give it other options; more tries are `retry: { attempts: … }`.',
  },
  'optional-final': {
    severity: 'warning',
    about: 'A final stage is not `optional`: it cannot change the outcome anyway.',
    remedy: 'Remove `optional`.',
  },
  // what happens to recordings in the end
  'only-copy': {
    severity: 'warning',
    about: '`recordings.deleteAfter` deletes at Twilio what is kept elsewhere too.',
    remedy: 'Keep recordings with `use: filesystem`, or remove `deleteAfter`, if the recordings are to stay.',
  },
} as const satisfies Readonly<Record<string, Rule>>

export type RuleId = keyof typeof RULES
