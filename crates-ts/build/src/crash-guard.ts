/** Keeps a crash of the compiler from ending the process. */
import { AosError } from '@aos/cbor'

interface ErrorPrinter {
  error: (...parts: unknown[]) => void
}

/** How the compiler's message about itself begins, after its margin. */
const CRASH_MESSAGE = /Whoops, the AssemblyScript compiler has crashed/
const COMPILER_FRAME = /assemblyscript[/\\]dist[/\\]asc\.js/
const MESSAGE_CHARS_MAX = 2000

/**
 * Runs a compilation. When the compiler crashes it prints a page and calls `process.exit`; both are turned into
 * `build.compiler_crashed`. Calls of anybody else pass through, also while several compilations overlap.
 */
export async function guardCompiler<T>(name: string, compile: () => Promise<T>): Promise<T> {
  const { exit } = process
  // The compiler's declarations of globals hide those of Node.
  const printer = console as unknown as ErrorPrinter
  const { error: print } = printer
  let crash = ''
  const guardedPrint: ErrorPrinter['error'] = (...parts) => {
    if (CRASH_MESSAGE.test(String(parts[0]))) crash = String(parts[0])
    else print.apply(printer, parts)
  }
  const guardedExit: typeof process.exit = (code) => {
    if (!COMPILER_FRAME.test(new Error().stack ?? '')) return exit.call(process, code)
    const message = `the compiler crashed on ${name}; a part of the sources is not AssemblyScript:`
    throw new AosError('build.compiler_crashed', `${message}\n${crash.trim().slice(0, MESSAGE_CHARS_MAX)}`)
  }
  process.exit = guardedExit
  printer.error = guardedPrint
  try {
    return await compile()
  } finally {
    // Another compilation may have put its guards over these: then they stay below them, and pass everything through.
    if (process.exit === guardedExit) process.exit = exit
    if (printer.error === guardedPrint) printer.error = print
  }
}
