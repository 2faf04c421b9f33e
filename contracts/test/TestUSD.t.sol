// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {TestUSD} from "../src/TestUSD.sol";
import {TokenTest} from "./support/TokenTest.sol";

contract TestUSDTest is TokenTest {
    function test_SaysWhatItIs() public view {
        vm.assertEq(token.name(), "Test USD", "name");
        vm.assertEq(token.symbol(), "TUSD", "symbol");
        vm.assertEq(token.version(), "1", "version");
        vm.assertEq(token.decimals(), 6, "decimals");
        vm.assertEq(token.minter(), address(this), "minter");
        vm.assertEq(token.totalSupply(), FUNDS, "total supply");
    }

    /// @dev The numbers of the deployed USDC (FiatToken v2), which wallets have built in.
    function test_TypeHashesAreThoseOfTheField() public view {
        vm.assertEq(
            token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(),
            0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267,
            "transfer"
        );
        vm.assertEq(
            token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
            0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8,
            "receive"
        );
        vm.assertEq(
            token.CANCEL_AUTHORIZATION_TYPEHASH(),
            0x158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429,
            "cancel"
        );
        vm.assertEq(
            token.PERMIT_TYPEHASH(), 0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9, "permit"
        );
    }

    function test_DomainIsTheStandardFourFields() public {
        vm.assertEq(token.DOMAIN_SEPARATOR(), domainSeparator(address(token)), "separator");
        vm.chainId(84_532);
        vm.assertEq(token.DOMAIN_SEPARATOR(), domainSeparator(address(token)), "separator on another chain");

        (bytes1 fields, string memory name, string memory version, uint256 chain, address verifier,,) =
            token.eip712Domain();
        vm.assertEq(bytes32(fields), bytes32(hex"0f"), "fields");
        vm.assertEq(name, "Test USD", "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chain, 84_532, "chain id");
        vm.assertEq(verifier, address(token), "verifying contract");
    }

    function test_OnlyTheMinterMints() public {
        token.mint(payee, 7);
        vm.assertEq(token.balanceOf(payee), 7, "payee's balance");
        vm.assertEq(token.totalSupply(), FUNDS + 7, "total supply");

        vm.expectRevert(abi.encodeWithSelector(TestUSD.NotMinter.selector, stranger));
        vm.prank(stranger);
        token.mint(stranger, 1);
    }

    function test_MintRefusesTheZeroAddressAndOverflow() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.mint(address(0), 1);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        token.mint(payee, type(uint256).max);
    }

    function test_ATokenWithoutMinterIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(TestUSD.MinterIsZero.selector));
        new TestUSD(address(0));
    }

    function test_TransferMovesTheMoney() public {
        vm.expectEmit(true, true, true, true, address(token));
        emit IERC20.Transfer(payer, payee, FUNDS);
        vm.prank(payer);
        vm.assertTrue(token.transfer(payee, FUNDS), "result");
        vm.assertEq(token.balanceOf(payee), FUNDS, "payee's balance");
    }

    function test_TransferGivesTheReasonsOfUsdc() public {
        expectReason("ERC20: transfer amount exceeds balance");
        vm.prank(payer);
        token.transfer(payee, FUNDS + 1);
        expectReason("ERC20: transfer to the zero address");
        vm.prank(payer);
        token.transfer(address(0), 1);
    }

    function test_TransferFromSpendsTheAllowance() public {
        vm.expectEmit(true, true, true, true, address(token));
        emit IERC20.Approval(payer, stranger, 10);
        vm.prank(payer);
        vm.assertTrue(token.approve(stranger, 10), "result of approve");
        vm.recordLogs();
        vm.prank(stranger);
        vm.assertTrue(token.transferFrom(payer, payee, 4), "result of transferFrom");
        vm.assertEq(vm.getRecordedLogs().length, 1, "no event but the transfer");

        vm.assertEq(token.allowance(payer, stranger), 6, "allowance");
        vm.assertEq(token.balanceOf(payee), 4, "payee's balance");
    }

    function test_UnlimitedAllowanceIsSpentToo() public {
        vm.prank(payer);
        token.approve(stranger, type(uint256).max);
        vm.prank(stranger);
        token.transferFrom(payer, payee, 4);
        vm.assertEq(token.allowance(payer, stranger), type(uint256).max - 4, "allowance");
    }

    function test_TransferFromGivesTheReasonsOfUsdc() public {
        vm.prank(payer);
        token.approve(stranger, FUNDS + 1);

        expectReason("ERC20: transfer amount exceeds allowance");
        vm.prank(stranger);
        token.transferFrom(payer, payee, FUNDS + 2);
        expectReason("ERC20: transfer amount exceeds balance");
        vm.prank(stranger);
        token.transferFrom(payer, payee, FUNDS + 1);
        expectReason("ERC20: transfer to the zero address");
        vm.prank(stranger);
        token.transferFrom(payer, address(0), 1);
        expectReason("ERC20: transfer from the zero address");
        vm.prank(stranger);
        token.transferFrom(address(0), payee, 0);
    }

    function test_ApproveRefusesTheZeroSpender() public {
        expectReason("ERC20: approve to the zero address");
        vm.prank(payer);
        token.approve(address(0), 1);
    }

    function test_NoEtherIsTaken() public {
        (bool taken,) = address(token).call{value: 1}("");
        vm.assertFalse(taken, "plain ether");
        (taken,) = address(token).call{value: 1}(abi.encodeCall(token.transfer, (payee, 0)));
        vm.assertFalse(taken, "ether with a call");
    }
}
