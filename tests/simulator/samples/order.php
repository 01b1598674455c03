<?php
// A shop in PHP: sends an order, and inquires about one.
//
//   php order.php BASE_URL order [NAME=VALUE ...]            fields that replace or join those of ORDER
//   php order.php BASE_URL confirm TRANS_CODE [PASSWORD]     with PASSWORD by /client/getsales.cgi, as the fragment
const ORDER = [
    'version' => '2',
    'contract_code' => '12345678',
    'user_id' => 'buyer0001',
    'user_name' => '髙橋 ダイヤ',
    'user_mail_add' => 'takahashi@example.com',
    'item_code' => 'EP-0001',
    'item_name' => '表示ソフト①～②',
    'order_number' => '0000001',
    'st_code' => '10000-0000-00000-00000-00000-00000-00000',
    'mission_code' => '1', 'item_price' => '4725', 'process_code' => '1',
    'memo1' => '', 'memo2' => '',
    'xml' => '1', 'character_code' => 'UTF8',
];

function abort(string $line): never
{
    echo "$line\n";
    exit(1);
}

// PHP's own streams and SimpleXML stand in for PEAR's HTTP_Request2 and XML_Unserializer, and foreach for each(),
// which PHP 8 no longer has. TLS is as the URL says (none on loopback), its check never switched off.
// The charset is told, as PHP guesses wrong where the fragment lets it ("auto"): 髙 and ① come out as others.
function ask(string $url, array $fields, string $charset, array $headers = []): array
{
    $headers[] = 'Content-Type: application/x-www-form-urlencoded';
    $body = http_build_query($fields);
    $http = ['method' => 'POST', 'header' => $headers, 'content' => $body, 'timeout' => 20, 'ignore_errors' => true];
    $body = file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($body === false || !str_contains($http_response_header[0], ' 200 ')) {
        abort('failed ' . explode(' ', $http_response_header[0] ?? 'HTTP no answer', 2)[1]);
    }
    $answer = [];
    foreach ((new SimpleXMLElement(str_replace('x-sjis-cp932', 'UTF-8', $body)))->result as $result) {
        foreach ($result->attributes() as $name => $value) {
            $answer[$name] = mb_convert_encoding(urldecode($value), 'UTF-8', $charset);
        }
    }
    // An order that Epsilon does not know has no fields; the fragment looks for a result of 0 only.
    $answer || abort('unknown');
    isset($answer['err_code']) && abort("error $answer[err_code]:$answer[err_detail]");
    return $answer;
}

[, $base, $command] = $argv;
if ($command === 'order') {
    $order = ORDER;
    foreach (array_slice($argv, 3) as $pair) {
        [$name, $order[$name]] = explode('=', $pair, 2);
    }
    $answer = ask("$base/cgi-bin/order/receive_order3.cgi", $order, 'UTF-8');
    $name = current(array_intersect(['redirect', 'trans_code', 'result'], array_keys($answer)));
    exit("$name $answer[$name]\n");
}
$asked = ['trans_code' => $argv[3]];
if (isset($argv[4])) {
    $basic = 'Authorization: Basic ' . base64_encode(ORDER['contract_code'] . ":$argv[4]");
    $answer = ask("$base/client/getsales.cgi", $asked, 'CP932', [$basic]);
} else {
    $asked['contract_code'] = ORDER['contract_code'];
    $answer = ask("$base/cgi-bin/order/getsales2.cgi", $asked, 'CP932');
}
ksort($answer);
array_walk($answer, fn ($value, $name) => print("$name $value\n"));
