export { opsmantikFixture, type FixtureOptions } from './fixture.js'
export {
  openNamespace,
  type Entry,
  type Fault,
  type Filter,
  type Namespace,
  type NamespaceOptions,
} from './namespace.js'
