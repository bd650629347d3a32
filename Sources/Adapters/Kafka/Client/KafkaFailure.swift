internal import CKafka
internal import Ports

extension BusError {
  /// - Parameter why: what the library has said besides; empty for nothing.
  init(_ code: rd_kafka_resp_err_t, because why: String) {
    self.init(code)
    if case .unavailable(let text) = self, !why.isEmpty { self = .unavailable("\(text): \(why)") }
  }

  /// What a code of the library means to whoever publishes or reads.
  init(_ code: rd_kafka_resp_err_t) {
    let text = String(cString: rd_kafka_err2str(code))
    switch code {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
      RD_KAFKA_RESP_ERR_INVALID_RECORD:
      self = .refused(text)
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      self = .refused("\(text); run millrace admin topics apply")
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      self = .refused("\(text); the broker's access rules forbid it")
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      self = .offsetGone
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
      RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
      RD_KAFKA_RESP_ERR__DESTROY:
      self = .fenced
    default:
      self = .unavailable(text)
    }
  }
}
