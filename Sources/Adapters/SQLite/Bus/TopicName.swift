/// The grammar of topic names.
enum TopicName {
  static let bytesMax = 200
}
