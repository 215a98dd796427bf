import { packageVersion } from '../../../lib/package-json';
import type { Check } from './check';
import type { Deployment } from './deployment';

export function versionCheck({ outputs }: Deployment): Check {
  return {
    id: 'version',
    title: 'version',
    rights: [],
    run: async () => {
      const own = packageVersion();
      const deployed = outputs.Version;
      const facts = { deployed: deployed ?? null, command_line: own };
      if (deployed === own) return { state: 'ok', text: own, facts };
      const text = `${deployed ?? 'an unknown one'} is deployed, this command line is ${own}`;
      const advice = 'They may not understand each other: deploy this version, or use the command line of that one.';
      return { state: 'attention', text, advice: [advice], facts };
    },
  };
}
