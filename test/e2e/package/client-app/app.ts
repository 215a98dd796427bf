/** What the README tells an app team to write, and a simulator to test it against. */
import { type ImageRequest, ImagePipelineClient, JobError } from 'evolink-image-pipeline/client';
import { startEvolinkSimulator } from 'evolink-image-pipeline/simulator';

async function main(): Promise<void> {
  const [stateMachineArn = ''] = process.argv.slice(2);
  const client = new ImagePipelineClient({ stateMachineArn });
  const request: ImageRequest = { prompt: 'a red bicycle on a pier', size: '3:1', quality: 'low' };
  const { images, credits } = await client.generate(request);
  const refused = await client.generate({ prompt: '' }).catch((error: unknown) => error);
  const simulator = await startEvolinkSimulator();
  const { status } = await fetch(`${simulator.baseUrl}/v1/credits`);
  await simulator.close();
  const failure = refused instanceof JobError ? refused.name : String(refused);
  console.log(JSON.stringify({ images: images.length, used: credits.used, failure, status }));
}

void main();
