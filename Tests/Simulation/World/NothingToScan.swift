import Domain
import Ports

struct NothingToScan: DocumentScanner {
  func scan(_ bytes: [UInt8]) throws(Finding) -> [DocumentEvent] { [] }
}
