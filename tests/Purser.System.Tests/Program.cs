using System.Runtime.Versioning;
using Purser.SystemTests;
using Purser.SystemTests.Tables;
using Purser.SystemTests.Vault;

// Users and modes of files are Unix's.
[assembly: UnsupportedOSPlatform("windows")]

// The tests of the vault run this program again, as the attacker under another user, and those of the tables as a game server to be killed; otherwise it is
// the ordinary test runner.
return args is [VaultAttacker.Marker, .. var arguments]
    ? await VaultAttacker.RunAsync(arguments)
    : args is [TablePlayer.Marker, .. var player]
    ? await TablePlayer.RunAsync(player)
    : args.Any(a => a is "-automated" or "@@")
        ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args)
        : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
