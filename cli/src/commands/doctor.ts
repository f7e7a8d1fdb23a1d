/** What is wrong, and what to do. */
import type { CommandGroup } from './spec.ts'

/** `aos doctor`, and what it looks at alone. */
export const DOCTOR_COMMANDS: readonly CommandGroup[] = [
  {
    name: 'doctor',
    describe: 'what is wrong with this machine, these keys, this world; and what to do',
    alone: {
      options: (parser) =>
        parser.option('full', { type: 'boolean', describe: 'read every byte, derive every entry again' }),
      load: async () => (await import('../run/doctor.ts')).doctor,
      served: {},
    },
    commands: [
      {
        command: 'clock',
        describe: 'wall clock and time of the world; a jump that is held',
        options: (parser) =>
          parser.option('accept', { type: 'boolean', describe: 'believe the wall clock (journaled)' }),
        load: async () => (await import('../run/clock.ts')).doctorClock,
        served: {},
      },
    ],
  },
]
