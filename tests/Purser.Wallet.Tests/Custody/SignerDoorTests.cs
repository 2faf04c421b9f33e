using System.Reflection;
using Purser.Ethereum;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.Kms;

namespace Purser.Wallet.Tests.Custody;

public sealed class SignerDoorTests
{
    [Fact]
    public void Raw_hash_or_permit_signing_has_no_public_door_but_a_key_manager_s_own_client()
    {
        var doors = typeof(ISigner).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => Gives(method.ReturnType, typeof(Signature)) || method.Name.Contains("Sign", StringComparison.Ordinal) && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Hash32)))
            .Where(method => !method.IsSpecialName)
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}")
            .Order(StringComparer.Ordinal)
            .ToList();
        doors.ShouldBe(["AwsKeyManagement.SignDigestAsync", "GoogleKeyManagement.SignDigestAsync", "IKeyManagement.SignDigestAsync"]);

        // And none of the signers gives out what it is made of.
        foreach (var type in new[] { typeof(LocalSigner), typeof(KmsSigner), typeof(Wallet.Keys.External.JsonRpcSigner), typeof(Wallet.Keys.Custodian.BankrCustodian), typeof(KeyRing) })
        {
            type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).Where(name => name != "Address").ShouldBeEmpty(type.Name);
        }
    }

    private static bool Gives(Type type, Type wanted) => type == wanted || (type.IsGenericType && type.GetGenericArguments().Any(argument => Gives(argument, wanted)));
}
