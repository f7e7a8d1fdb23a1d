// Lets the bundler see what each command needs: names imported from the door of a package come from the file that has them.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Packages of which a process never needs the whole. Of the others all of it is needed together: more chunks would only cost time. */
const DOORS = /^@aos\/(host|store)$/
const IMPORT = /^(import|export) (type )?\{([^}]*)\} from '([^']+)'/gm

/** An esbuild plugin. `packages` is the folder of the packages that are named `@aos/…`. */
export function pastDoors(packages) {
  const doors = new Map()
  const doorOf = (name) => {
    const door = doors.get(name) ?? readDoor(join(packages, name, 'src/index.ts'))
    doors.set(name, door)
    return door
  }
  return {
    name: 'past-doors',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => ({
        contents: readFileSync(path, 'utf8').replace(IMPORT, (statement, word, type, names, from) =>
          DOORS.test(from) && type === undefined ? direct(statement, word, names, doorOf(from.slice(5))) : statement,
        ),
        loader: 'ts',
        resolveDir: dirname(path),
      }))
    },
  }
}

/** Of each name that a door hands out, its file and its name there. */
function readDoor(door) {
  const places = new Map()
  for (const [, , type, names, from] of readFileSync(door, 'utf8').matchAll(IMPORT)) {
    if (type !== undefined) continue
    for (const { name, as } of valuesOf(names)) places.set(as, { name, file: join(dirname(door), from) })
  }
  return places
}

/** One statement on as many lines as before, so that positions stay what they were. */
function direct(statement, word, names, door) {
  const lines = names.split('\n').length - 1
  const values = valuesOf(names)
  // Text of a program that is written, and no import.
  if (values.some(({ name }) => !door.has(name))) return statement
  const statements = values.map(({ name, as }) => {
    const place = door.get(name)
    return `${word} { ${place.name} as ${as} } from ${JSON.stringify(place.file)}`
  })
  return statements.join(';') + '\n'.repeat(lines)
}

function valuesOf(names) {
  return names
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('type '))
    .map((each) => {
      const [name, as = name] = each.split(' as ')
      return { name, as }
    })
}
