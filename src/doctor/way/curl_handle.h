#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "doctor/way/trouble.h"
#include "doctor/way/way.h"

namespace fairlead::doctor {

enum class Version : std::uint8_t { kHttp1, kHttp2 };  // kHttp2 without TLS: from the first byte

// One libcurl handle for one connection, set up for a way. One thread at a time.
class CurlHandle {
 public:
  // `address`: of the host's, to pin; empty: any. `path` begins with /.
  CurlHandle(const Way& way, const std::string& path, Version version, const std::string& address);

  template <typename Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }
  CURL* get() const { return handle_.get(); }
  // What a result that is not CURLE_OK means here.
  Trouble trouble(CURLcode code) const;
  std::string text_info(CURLINFO info) const;
  std::string local_ip() const { return text_info(CURLINFO_LOCAL_IP); }
  std::string peer_ip() const { return text_info(CURLINFO_PRIMARY_IP); }

 private:
  struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, Free> connect_to_;  // outlives the handle
  std::unique_ptr<curl_slist, Free> pinned_;      // outlives the handle
  std::unique_ptr<CURL, Free> handle_;
  char words_[CURL_ERROR_SIZE] = {};
};

}  // namespace fairlead::doctor
