import { documentProperty } from './document-property.js'

/**
 * Returns the script element that loaded us: the one that is running, else (a module, or a tag manager that removed the
 * attributes) the first script element with a site id. Never any other element: sanitisers let `data-*` through, and
 * anyone who writes a comment on the page must not choose where events go.
 */
export const ownScript = (): HTMLScriptElement | undefined =>
  [
    documentProperty('currentScript') as HTMLScriptElement | null,
    ...documentProperty('scripts'),
  ].find((element): element is HTMLScriptElement => !!element?.hasAttribute('data-ops-site-id'))
