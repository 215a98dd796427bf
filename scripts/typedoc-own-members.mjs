/**
 * Plugin of typedoc, so that the reference says what a reader asks. A class is described by its own members: what it
 * inherits is described once, at its parent, which its description names and links to.
 */
import { Converter, ReferenceType, ReflectionKind } from 'typedoc';

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    const all = Object.values(project.reflections);
    const jobError = all.find(({ name, kind }) => name === 'JobError' && kind === ReflectionKind.Class);
    for (const reflection of all) {
      if (reflection.inheritedFrom) project.removeReflection(reflection);
      // "Overrides Construct.constructor" tells nobody anything.
      delete reflection.overwrites;
      if (isReadOnlyAccessor(reflection)) becomeProperty(reflection);
      if (reflection.extendedTypes?.some(({ name }) => name === '(Anonymous class)' || name === 'failed'))
        reflection.extendedTypes = [ReferenceType.createResolvedReference('JobError', jobError, project)];
      for (const tag of reflection.comment?.getTags('@default') ?? []) asProse(tag);
    }
  });
}

const isReadOnlyAccessor = ({ kind, getSignature, setSignature }) =>
  kind === ReflectionKind.Accessor && getSignature && !setSignature;

/** For who reads it, it is one. */
function becomeProperty(reflection) {
  const { type, comment } = reflection.getSignature;
  Object.assign(reflection, { kind: ReflectionKind.Property, type, comment, getSignature: undefined });
}

/** `- behaviour` is a sentence, not a value. */
function asProse(tag) {
  const text = tag.content.map((part) => part.text).join('');
  const [, prose] = /^(?:```ts\n)?- (.*?)(?:\n```)?$/s.exec(text) ?? [];
  if (prose !== undefined) tag.content = [{ kind: 'text', text: prose }];
}
