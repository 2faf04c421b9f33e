using System.Diagnostics;
using System.Text.Json;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Json;

namespace Purser.Wallet.Vault;

/// <summary>The wire form of what was signed; the member <c>kind</c> says which of the family. All numbers are strings of decimal digits.</summary>
internal static class StatementJson
{
    public static void Write(Utf8JsonWriter writer, SignedStatement statement)
    {
        writer.WriteStartObject();
        switch (statement)
        {
            case SignedEip3009 { Authorization: var a } signed:
                writer.WriteString("kind", "eip3009");
                writer.WriteString("from", a.From.ToString());
                writer.WriteString("to", a.To.ToString());
                writer.WriteString("value", a.Value.ToString());
                writer.WriteString("validAfter", a.ValidAfter.ToString());
                writer.WriteString("validBefore", a.ValidBefore.ToString());
                writer.WriteString("nonce", a.Nonce.ToString());
                writer.WriteString("signature", signed.Signature.ToString());
                break;
            case SignedPermit2 { Permit: var p } signed:
                writer.WriteString("kind", "permit2");
                writer.WriteString("from", p.From.ToString());
                writer.WriteString("token", p.Token.ToString());
                writer.WriteString("amount", p.Amount.ToString());
                writer.WriteString("spender", p.Spender.ToString());
                writer.WriteString("nonce", p.Nonce.ToString());
                writer.WriteString("deadline", p.Deadline.ToString());
                writer.WriteString("to", p.To.ToString());
                if (p.Facilitator is { } facilitator)
                {
                    writer.WriteString("facilitator", facilitator.ToString());
                }

                writer.WriteString("validAfter", p.ValidAfter.ToString());
                writer.WriteString("signature", signed.Signature.ToString());
                break;
            case SignedEip2612 { Permit: var permit } signed:
                writer.WriteString("kind", "eip2612");
                writer.WriteString("owner", permit.Owner.ToString());
                writer.WriteString("spender", permit.Spender.ToString());
                writer.WriteString("value", permit.Value.ToString());
                writer.WriteString("nonce", permit.Nonce.ToString());
                writer.WriteString("deadline", permit.Deadline.ToString());
                writer.WriteString("signature", signed.Signature.ToString());
                break;
            case SignedMessage signed:
                writer.WriteString("kind", "message");
                writer.WriteString("message", signed.Message);
                writer.WriteString("signature", signed.Signature.ToString());
                break;
            case SentTransaction sent:
                writer.WriteString("kind", "transaction");
                writer.WriteString("network", sent.Chain.ToString());
                if (sent.TransactionHash is { } hash)
                {
                    writer.WriteString("transactionHash", hash.ToString());
                }
                else
                {
                    writer.WriteNull("transactionHash");
                }

                break;
            default:
                throw new UnreachableException(statement?.ToString());
        }

        writer.WriteEndObject();
    }

    /// <summary>Null, with the shape's refusal set, when it is none.</summary>
    public static SignedStatement? Read(JsonShape shape)
    {
        SignedStatement? statement = null;
        switch (shape.String("kind", 16))
        {
            case "eip3009":
                WalletJson.Only(shape, "kind", "from", "to", "value", "validAfter", "validBefore", "nonce", "signature");
                statement = new SignedEip3009(
                    new(shape.Value<Address>("from"), shape.Value<Address>("to"), shape.Amount("value"), shape.Amount("validAfter"), shape.Amount("validBefore"), shape.Value<Hash32>("nonce")),
                    shape.Value<Signature>("signature"));
                break;
            case "permit2":
                WalletJson.Only(shape, "kind", "from", "token", "amount", "spender", "nonce", "deadline", "to", "facilitator", "validAfter", "signature");
                statement = new SignedPermit2(
                    new(shape.Value<Address>("from"), shape.Value<Address>("token"), shape.Amount("amount"), shape.Value<Address>("spender"), shape.Amount("nonce"), shape.Amount("deadline"), shape.Value<Address>("to"), shape.Amount("validAfter"))
                    {
                        Facilitator = shape.Has("facilitator") ? shape.Value<Address>("facilitator") : null,
                    },
                    shape.Value<Signature>("signature"));
                break;
            case "eip2612":
                WalletJson.Only(shape, "kind", "owner", "spender", "value", "nonce", "deadline", "signature");
                statement = new SignedEip2612(
                    new(shape.Value<Address>("owner"), shape.Value<Address>("spender"), shape.Amount("value"), shape.Amount("nonce"), shape.Amount("deadline")), shape.Value<Signature>("signature"));
                break;
            case "message":
                WalletJson.Only(shape, "kind", "message", "signature");
                statement = new SignedMessage(shape.String("message", IntentJson.MaxBytes), shape.Value<Signature>("signature"));
                break;
            case "transaction":
                WalletJson.Only(shape, "kind", "network", "transactionHash");
                statement = new SentTransaction(shape.Value<ChainId>("network"), shape.Has("transactionHash") ? shape.Value<Hash32>("transactionHash") : null);
                break;
            default:
                shape.RefuseValue("kind", "Expected 'eip3009', 'permit2', 'eip2612', 'message' or 'transaction'");
                break;
        }

        return shape.Ok ? statement : null;
    }
}
