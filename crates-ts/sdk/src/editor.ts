/** What an editor needs to understand reducers in a world folder without anything being installed. */

/** Where the host puts the SDK's files, relative to the world folder. */
export const GUEST_SDK_DIR = '.aos/sdk'

/** Where the host puts what `generateGuest` makes: one folder for each module's source folder. */
export const GUEST_GENERATED_DIR = '.aos/generated'

/**
 * The text of `tsconfig.json` in a world folder. It joins `.aos/generated/<source folder>` to the source folder, so that
 * `./generated` resolves in an editor as it does in the compiler. It is for editors; the compiler does not read it.
 */
export function guestTsconfig(): string {
  const config = {
    compilerOptions: {
      target: 'ESNext',
      module: 'ESNext',
      moduleResolution: 'bundler',
      noLib: true,
      types: [],
      strict: true,
      noEmit: true,
      experimentalDecorators: true,
      rootDirs: ['.', GUEST_GENERATED_DIR],
      paths: { '@aos/sdk': [`./${GUEST_SDK_DIR}/index.ts`] },
    },
    include: ['reducers', `${GUEST_SDK_DIR}/assembly.d.ts`],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** Where the host puts the SDK of modules in TypeScript, relative to the world folder. */
export const SCRIPT_SDK_DIR = '.aos/sdk-script'

/**
 * The text of `tsconfig.json` in the folder of a module in TypeScript; `root` leads from it to the world folder. Without a
 * library of a browser or of Node, so that an editor marks much of what the build refuses.
 */
export function scriptTsconfig(root: string): string {
  const up = root.split('\\').join('/')
  const config = {
    compilerOptions: {
      target: 'ES2023',
      module: 'ESNext',
      moduleResolution: 'bundler',
      lib: ['ES2023'],
      types: [],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      rootDirs: [up, `${up}/${GUEST_GENERATED_DIR}`],
      paths: { '@aos/sdk': [`${up}/${SCRIPT_SDK_DIR}/guest.ts`] },
    },
    include: ['.'],
    exclude: ['node_modules', '**/*.test.ts'],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
