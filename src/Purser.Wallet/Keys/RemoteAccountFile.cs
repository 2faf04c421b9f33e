using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Purser.Ethereum;
using Purser.Protocol.Json;

namespace Purser.Wallet.Keys;

/// <summary>
/// The file of an account whose key lies elsewhere:
/// <c>{"purserAccount":1,"kind":"external"|"custodian","address":"0x…","url":"https://…","allowHttp":false}</c>. Read strictly: an unknown
/// member, a URL that no signer may have, or the zero address is refused.
/// </summary>
internal static class RemoteAccountFile
{
    private const string Marker = "purserAccount";

    private static readonly string[] s_members = [Marker, "kind", "address", "url", "allowHttp"];

    public static byte[] Write(RemoteAccount account) => System.Text.Encoding.UTF8.GetBytes(new JsonObject
    {
        [Marker] = 1,
        ["kind"] = account.Kind == AccountKind.External ? "external" : "custodian",
        ["address"] = account.Address.ToString(),
        ["url"] = account.Url.AbsoluteUri,
        ["allowHttp"] = account.AllowPlainHttp,
    }.ToJsonString());

    /// <summary>The file of an account that is only looked at: <c>{"purserAccount":1,"kind":"watch","address":"0x…"}</c>.</summary>
    public static byte[] WriteWatched(Address account) =>
        System.Text.Encoding.UTF8.GetBytes(new JsonObject { [Marker] = 1, ["kind"] = "watch", ["address"] = account.ToString() }.ToJsonString());

    /// <summary>Reads the file of an account that is only looked at; false for everything else.</summary>
    public static bool TryReadWatched(ReadOnlySpan<byte> utf8, out Address account)
    {
        account = default;
        var shape = JsonShape.Parse(utf8);
        if (!shape.Ok || !shape.Has(Marker) || shape.String("kind") != "watch")
        {
            return false;
        }

        _ = shape.Integer(Marker, 1, 1);
        account = shape.Value<Address>("address");
        return shape.Ok && !account.IsZero && shape.Element.EnumerateObject().Count() == 3;
    }

    /// <summary>Null refusal and null account: it is no file of this kind (a V3 key store, or nothing at all).</summary>
    public static bool TryRead(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out RemoteAccount? account, out string? why)
    {
        account = null;
        why = null;
        var shape = JsonShape.Parse(utf8);
        if (!shape.Ok || !shape.Has(Marker))
        {
            return false;
        }

        _ = shape.Integer(Marker, 1, 1);
        AccountKind? kind = shape.String("kind") switch { "external" => AccountKind.External, "custodian" => AccountKind.Custodian, _ => null };
        var address = shape.Value<Address>("address");
        var text = shape.String("url", 2048);
        var allowHttp = shape.Boolean("allowHttp");
        _ = Uri.TryCreate(text, UriKind.Absolute, out var url);
        why = shape.Refusal?.Message
            ?? (shape.Element.EnumerateObject().FirstOrDefault(member => !s_members.Contains(member.Name)) is { Value.ValueKind: not System.Text.Json.JsonValueKind.Undefined } unknown ? $"{UntrustedText.Quote(unknown.Name, 40)} is no member of it" : null)
            ?? (kind is null ? "its kind is neither external nor custodian" : null)
            ?? (url is null ? "its url is none" : null);
        if (why is null)
        {
            account = new(kind!.Value, address, url!, allowHttp);
            why = Check(account)?.Message;
        }

        account = why is null ? account : null;
        return account is not null;
    }

    public static WalletRefusal? Check(RemoteAccount account) =>
        account.Kind is not (AccountKind.External or AccountKind.Custodian) ? new("account_kind_invalid", "an account elsewhere is external or with a custodian", "give one of these kinds", WalletRefusalKind.Usage)
            : account.Address.IsZero ? new("address_zero", "the zero address signs nothing", "give the account's address", WalletRefusalKind.Usage)
            : SignerUrls.Check(account.Url, account.AllowPlainHttp && account.Kind == AccountKind.External);
}
