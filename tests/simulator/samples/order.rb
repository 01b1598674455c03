# A shop in Ruby: sends an order, and inquires about one.
#
#   ruby order.rb BASE_URL order [NAME=VALUE ...]     fields that replace or join those of ORDER
#   ruby order.rb BASE_URL confirm TRANS_CODE
require "cgi"
require "net/http"
require "rexml/document"

ORDER = {
  "version" => "2",
  "contract_code" => "12345678",
  "user_id" => "buyer0001",
  "user_name" => "髙橋 ダイヤ",
  "user_mail_add" => "takahashi@example.com",
  "item_code" => "EP-0001",
  "item_name" => "表示ソフト①～②",
  "order_number" => "0000001",
  "st_code" => "10000-0000-00000-00000-00000-00000-00000",
  "mission_code" => "1",
  "item_price" => "4725",
  "process_code" => "1",
  "memo1" => "",
  "memo2" => "",
  "xml" => "1",
  "character_code" => "UTF8"
}.freeze

# TLS as the URL says (a simulator on loopback has none), and its check is never switched off.
def post(url, fields)
  request = Net::HTTP::Post.new(url.request_uri)
  request.set_form_data(fields)
  http = Net::HTTP.new(url.host, url.port)
  http.use_ssl = url.scheme == "https"
  http.open_timeout = http.read_timeout = 20
  http.start { http.request(request) }
end

# The name x-sjis-cp932 is replaced as in the fragment. Unlike there, the values are decoded in a charset that
# is told: an order's answer is in UTF-8 (version=2), an inquiry's in CP932, which is more than Shift_JIS (髙, ①).
def read(answer, charset)
  # A status other than 200 is found here; one fragment compares the text of it with a number.
  abort_with("failed #{answer.code} #{answer.message}") unless answer.code == "200"
  fields = {}
  document = REXML::Document.new(answer.body.gsub("x-sjis-cp932", "Shift_JIS"))
  document.elements.each("Epsilon_result/result") do |element|
    element.attributes.each { |name, value| fields[name] = CGI.unescape(value, charset).encode("UTF-8") }
  end
  # An order that Epsilon does not know has no fields; the fragment would show it as an order without any.
  abort_with("unknown") if fields.empty?
  abort_with("error #{fields['err_code']}:#{fields['err_detail']}") if fields["result"] == "0"
  fields
end

def abort_with(line)
  puts line
  exit 1
end

base, command, *rest = ARGV
if command == "order"
  changes = rest.to_h { |pair| pair.split("=", 2) }
  answer = read(post(URI("#{base}/cgi-bin/order/receive_order3.cgi"), ORDER.merge(changes)), "UTF-8")
  puts %w[redirect trans_code result].find { |name| answer.key?(name) }.then { |name| "#{name} #{answer[name]}" }
else
  asked = { "trans_code" => rest.first, "contract_code" => ORDER["contract_code"] }
  answer = read(post(URI("#{base}/cgi-bin/order/getsales2.cgi"), asked), "Windows-31J")
  answer.sort.each { |name, value| puts "#{name} #{value}" }
end
