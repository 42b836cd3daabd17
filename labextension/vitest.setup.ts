// jsdom lacks it; JupyterLab's ui-components need it when they load. Tests in plain node need neither.
if ('MouseEvent' in globalThis && !('DragEvent' in globalThis)) {
  class DragEventStub extends MouseEvent {}
  Object.assign(globalThis, { DragEvent: DragEventStub });
}
