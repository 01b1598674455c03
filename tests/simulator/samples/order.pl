# A shop in Perl: sends an order, and inquires about one.
#
#   perl order.pl BASE_URL order [NAME=VALUE ...]     fields that replace or join those of the order
#   perl order.pl BASE_URL confirm TRANS_CODE
use strict;
use warnings;
use Encode;
use HTTP::Request::Common qw(POST);
use LWP::UserAgent;
use XML::DOM;

my %order = (
    version        => "2",
    contract_code  => "12345678",
    user_id        => "buyer0001",
    user_name      => "髙橋 ダイヤ",
    user_mail_add  => 'takahashi@example.com',
    item_code      => "EP-0001",
    item_name      => "表示ソフト①～②",
    order_number   => "0000001",
    st_code        => "10000-0000-00000-00000-00000-00000-00000",
    mission_code   => "1",
    item_price     => "4725",
    process_code   => "1",
    memo1          => "",
    memo2          => "",
    xml            => "1",
    character_code => "UTF8",
);

sub leave {
    print "$_[0]\n";
    exit 1;
}

# TLS is as the URL says (none on loopback), and its check never switched off.
sub ask {
    my ( $url, $fields, $charset ) = @_;
    my $answer = LWP::UserAgent->new( timeout => 20 )->request( POST $url, $fields );
    leave( "failed " . $answer->status_line ) unless $answer->is_success;

    # The bytes as they came: XML::Parser, below XML::DOM, knows x-sjis-cp932.
    my $document = XML::DOM::Parser->new->parse( $answer->content );
    my $root     = $document->getElementsByTagName("Epsilon_result")->item(0);
    my %fields;
    foreach my $result ( $root->getElementsByTagName("result") ) {
        my $attribute = $result->getAttributes->item(0);
        my $value     = $attribute->getNodeValue;
        $value =~ s/\+/ /g;
        $value =~ s/%([a-fA-F0-9]{2})/chr(hex($1))/ge;
        # The fragment leaves this step out, and would have named it Shift_JIS, which lacks some letters of CP932.
        $fields{ $attribute->getNodeName } = encode( "UTF-8", decode( $charset, $value ) );
    }
    # An order that Epsilon does not know has no fields; the fragment would show it as an order without any.
    leave("unknown") unless %fields;
    leave("error $fields{err_code}:$fields{err_detail}") if exists $fields{result} && !$fields{result};
    return %fields;
}

my ( $base, $command, @rest ) = @ARGV;
if ( $command eq "order" ) {
    %order = ( %order, map { split /=/, $_, 2 } @rest );
    my %answer = ask( "$base/cgi-bin/order/receive_order3.cgi", [%order], "UTF-8" );
    my ($name) = grep { exists $answer{$_} } qw(redirect trans_code result);
    print "$name $answer{$name}\n";
    exit;
}
my @asked  = ( trans_code => $rest[0], contract_code => $order{contract_code} );
my %answer = ask( "$base/cgi-bin/order/getsales2.cgi", \@asked, "cp932" );
print "$_ $answer{$_}\n" foreach sort keys %answer;
