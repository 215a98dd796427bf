export default async function tearDownPipeline(): Promise<void> {
  await globalThis.localPipeline?.stop();
}
