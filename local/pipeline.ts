/**
 * The whole pipeline on this machine, with the EvoLink simulator to buy from. Needs no account and no network.
 *
 * The process must have been started with our certificate in `NODE_EXTRA_CA_CERTS`, as the npm scripts do.
 */
import { type DeployedPipeline, type DeploymentOptions, deployPipeline } from './deployed-pipeline';
import { startLocalEvolink } from './local-evolink';
import type { EvolinkSimulator, SimulatorTiming } from './simulator';

export interface LocalPipelineOptions extends DeploymentOptions {
  /** Credits of the simulated account. @default '1000' */
  readonly credits?: string;
  /** @default - the simulator's own */
  readonly timing?: Partial<SimulatorTiming>;
}

export interface LocalPipeline extends DeployedPipeline {
  readonly simulator: {
    readonly baseUrl: string;
    /** For `SimulatorControl`, from any process. */
    readonly controlUrl: string;
    readonly apiKey: string;
    readonly library: EvolinkSimulator;
  };
}

export async function startLocalPipeline(options: LocalPipelineOptions = {}): Promise<LocalPipeline> {
  const { credits = '1000', timing } = options;
  const { simulator, apiKey } = await startLocalEvolink({ control: true, credits, timing });
  const { baseUrl } = simulator;
  try {
    const pipeline = await deployPipeline({ baseUrl, apiKey }, options);
    return {
      ...pipeline,
      simulator: { baseUrl, controlUrl: baseUrl, apiKey, library: simulator },
      stop: async () => {
        await pipeline.stop();
        await simulator.close();
      },
    };
  } catch (error) {
    await simulator.close();
    throw error;
  }
}
