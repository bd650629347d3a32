#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// The function that takes headers is variadic. Key and value are copied; the headers, which may be
// null, belong to the library unless it answers an error.
static inline rd_kafka_resp_err_t millrace_kafka_produce(
    rd_kafka_t *handle, const char *topic, int32_t partition, const void *key, size_t key_count,
    const void *value, size_t value_count, rd_kafka_headers_t *headers, void *opaque) {
  return rd_kafka_producev(
      handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_KEY(key, key_count), RD_KAFKA_V_VALUE((void *)value, value_count),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

// `_private` imports under a name that is no promise; this is what it holds for a report.
static inline void *millrace_kafka_opaque(const rd_kafka_message_t *message) {
  return message->_private;
}
