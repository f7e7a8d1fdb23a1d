/** Which fields have a value when the author gives none: those for which the definition leaves no choice. */
import { isUnit } from './expressions.ts'
import type { GuestClass, GuestType, Member } from './guest-type.ts'

export class Defaults {
  private readonly classes: ReadonlyMap<string, GuestClass>

  constructor(classes: readonly GuestClass[]) {
    this.classes = new Map(classes.map((each) => [each.className, each]))
  }

  has(type: GuestType): boolean {
    if (type.kind !== 'record' && type.kind !== 'variant') return true
    const found = this.classes.get(type.className)
    if (found === undefined) return false
    return found.kind === 'record'
      ? found.members.every((member) => this.has(member.type))
      : this.initialArm(found) !== undefined
  }

  /**
   * The arm without payload when there is one and no other, or else the arm when there is only one. Arms have no order that
   * could choose among several.
   */
  initialArm({ members }: GuestClass): Member | undefined {
    const units = members.filter(({ type }) => isUnit(type))
    const [arm, ...others] = units.length === 0 ? members : units
    return arm !== undefined && others.length === 0 && this.has(arm.type) ? arm : undefined
  }
}
