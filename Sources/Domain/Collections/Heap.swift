/// A binary heap: the smallest element first, O(log n) to push and pop.
public struct Heap<Element: Comparable> {
  private var elements: [Element] = []

  public init() {}

  public var count: Int { elements.count }
  public var isEmpty: Bool { elements.isEmpty }
  public var first: Element? { elements.first }

  public mutating func push(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { break }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  @discardableResult
  public mutating func pop() -> Element? {
    guard let smallest = elements.first else { return nil }
    let last = elements.removeLast()
    guard !elements.isEmpty else { return smallest }
    elements[0] = last
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < elements.count else { break }
      let right = left + 1
      let child = right < elements.count && elements[right] < elements[left] ? right : left
      guard elements[child] < elements[parent] else { break }
      elements.swapAt(child, parent)
      parent = child
    }
    return smallest
  }
}

extension Heap: Sendable where Element: Sendable {}
