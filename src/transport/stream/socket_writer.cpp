#include "transport/stream/socket_writer.h"

#include <cerrno>

#include "core/socket.h"

namespace fairlead::stream {

Write write_some(int fd, std::string_view bytes, std::size_t& taken) {
  while (taken < bytes.size()) {
    const auto n = send_now(fd, bytes.substr(taken));
    if (n < 0) {
      return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Write::kSome
                                                                       : Write::kBroken;
    }
    taken += static_cast<std::size_t>(n);
  }
  return Write::kAll;
}

}  // namespace fairlead::stream
