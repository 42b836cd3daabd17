// jsdom has neither; JupyterLab's ui-components need them when they load.
class DragEventStub extends MouseEvent {}
if (!('DragEvent' in globalThis)) {
  Object.assign(globalThis, { DragEvent: DragEventStub });
}
