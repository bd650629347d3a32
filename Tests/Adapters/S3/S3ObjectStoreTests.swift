import Ports
import TestSupport
import Testing

@testable import S3Adapter

@Suite struct S3ObjectStoreTests {
  @Test(arguments: ObjectStoreContract.cases)
  func `a store on S3 keeps the contract of ObjectStore`(
    _ promise: ContractCase<ObjectStoreSubject>
  ) async throws {
    let store = try TestStore.make()
    try await promise.check(ObjectStoreSubject(store, digest: TestStore.digest))
    await store.close()
  }
}
