using System.Runtime.Versioning;
using Purser.Wallet.Tests;

// Modes of files are Unix's.
[assembly: UnsupportedOSPlatform("windows")]

// The crash and many-process tests run this program again as their child; otherwise it is the ordinary test runner.
return args is [ChildProcess.Marker, .. var arguments]
    ? await ChildModes.RunAsync(arguments)
    : args.Any(a => a is "-automated" or "@@")
        ? await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args)
        : await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
